"""How botocore finds the models of the services it makes clients for."""

from __future__ import annotations

from botocore.loaders import Loader
from botocore.session import Session

# All services the functions talk to, and those botocore itself may ask for credentials.
SERVICES = ("apigatewaymanagementapi", "dynamodb", "kms", "lambda", "s3", "sns", "sqs", "sso", "sso-oidc", "sts")


class _NamedServices(Loader):  # type: ignore[misc]
    """Knows which services there are. botocore's own looks into four hundred folders to find out, twice a process: a
    tenth of a cold start where the files are at hand, and more on the disk of a new sandbox."""

    def list_available_services(self, type_name: str) -> list[str]:
        return list(SERVICES)


def without_search(session: Session) -> Session:
    """The session, looking only for the models of the services asked for. To be called before it makes a client."""
    session.register_component("data_loader", _NamedServices())
    return session
