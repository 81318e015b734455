"""`make deploy-test`: `sam deploy` of the template to an AWS emulator, an event relayed through the deployed stack, and
an upgrade of the previous commit's stack that keeps its data and loses no message."""
