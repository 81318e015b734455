"""How a login code reaches a phone: AWS SNS in production, the operator's console in development."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

from botocore.exceptions import BotoCoreError, ClientError

from shared.robots.errors import SmsNotSent

_COUNTRY_PREFIX = "+86"


class ConsoleSms:
    """Implements shared.robots.login.SmsSender for development: the code appears where the stack was started.

    Written to the stream itself, past the logging: log files must not hold login codes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, phone: str, code: str) -> None:
        try:
            self._stream.write(f"Login code for {phone[:3]}****{phone[-4:]}: {code}\n")
            self._stream.flush()
        except OSError:
            raise SmsNotSent from None


class SnsSms:
    """Implements shared.robots.login.SmsSender. ``sns`` makes or gives a low-level client."""

    def __init__(self, sns: Callable[[], Any]) -> None:
        self._sns = sns

    def send(self, phone: str, code: str) -> None:
        try:
            self._sns().publish(
                PhoneNumber=_COUNTRY_PREFIX + phone,
                Message=f"您的验证码是 {code}，5 分钟内有效。",
                MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
            )
        except (ClientError, BotoCoreError):  # its text can quote the phone number
            raise SmsNotSent from None
