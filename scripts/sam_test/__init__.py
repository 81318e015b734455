"""`make sam-test`: the template validated and built, and its functions run by SAM in real containers.

Where no container engine runs, and with root on Debian or Ubuntu, a private one is brought up: on a bridge of its own,
without a firewall rule and without a way out. Where no image registry is to be used either, a stand-in for AWS's base
image is made of this machine's Python 3.11, awslambdaric and the runtime interface emulator that the SAM wheel brings.
"""
