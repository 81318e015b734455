"""What the robots area refuses, typed. No text here holds a phone number, a login code or a token."""

from __future__ import annotations


class RobotsError(Exception):
    """The base of every refusal of the area."""


class CodeUnknown(RobotsError):
    """There is no such activation code (404)."""


class CodeDisabled(RobotsError):
    """The activation code was disabled, by an administrator or with its robot (403)."""


class CodeExpired(RobotsError):
    """The activation code's validity is over (403)."""


class CodeNotBound(RobotsError):
    """The activation code has no device that could be unbound (409)."""


class CodeBoundElsewhere(RobotsError):
    """Another device holds the activation code (409)."""

    def __init__(self, device_id: str, robot_id: str, activated_at_ms: int) -> None:
        super().__init__("bound to another device")
        self.device_id = device_id
        self.robot_id = robot_id
        self.activated_at_ms = activated_at_ms


class RobotBusy(RobotsError):
    """Too many others changed the same rows at the same moment; asking again helps (503)."""


class TooManyOpenCommands(RobotsError):
    """The robot has as many commands that have not ended as it may have (429)."""

    def __init__(self, limit: int) -> None:
        super().__init__("too many open commands")
        self.limit = limit


class CommandUnknown(RobotsError):
    """This robot has no such command (404). Said of another robot's command too: ids are not confirmed."""


class CommandNotDelivered(RobotsError):
    """A result for a command that was never handed out (409)."""


class LoginCodeTooSoon(RobotsError):
    """A login code was sent to this phone less than a minute ago (429)."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("asked too soon")
        self.retry_after_seconds = retry_after_seconds


class LoginCodeWrong(RobotsError):
    """The login code is wrong, used, too old, or was tried too often (401). Which of them is not told."""


class UserDisabled(RobotsError):
    """An administrator has disabled the user (403)."""


class SmsNotSent(RobotsError):
    """The text message could not be handed over (503)."""


class RobotUnknown(RobotsError):
    """There is no such robot, or it is not this user's (404): ids are not confirmed to strangers."""


class TooManyRobots(RobotsError):
    """The user has as many robots as a user may have (409)."""


class DelaysReversed(RobotsError):
    """The shortest reply delay would be longer than the longest (400)."""


class TooManyRequests(RobotsError):
    """The caller has used up this minute's requests (429)."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("too many requests")
        self.retry_after_seconds = retry_after_seconds


class SecretMissing(RobotsError):
    """Signatures are asked for without a secret to sign with (400)."""


class PictureMissing(RobotsError):
    """The picture is not (or no longer) stored (404)."""


class PicturesUnavailable(RobotsError):
    """The pictures' store failed (503). The text is its error code and names no picture."""


class UserUnknown(RobotsError):
    """There is no such user (404)."""


class OwnAccount(RobotsError):
    """Administrators do not disable themselves (409): nobody might be left to undo it."""


class PeriodInvalid(RobotsError):
    """The first day is after the last, or the period is longer than a year (400)."""


class PageTooFar(RobotsError):
    """The page lies beyond what a list is read for (400)."""
