from __future__ import annotations

from botocore.exceptions import ClientError

from shared.stack_traces import failure_fields

SECRET = "arn:aws:sqs:us-east-1:1:discord?token=hidden"


def _raised(error: Exception) -> Exception:
    try:
        raise error
    except (ValueError, ClientError) as caught:
        return caught


def test_a_failure_is_told_by_its_type_and_place_and_not_by_its_text() -> None:
    fields = failure_fields(_raised(ValueError(SECRET)), account_id=3)
    assert (fields["exception"], fields["account_id"]) == ("ValueError", 3)
    assert fields["stack"][-1].endswith("_raised")
    assert SECRET not in str(fields)
    assert "aws_call" not in fields


def test_a_refusal_by_aws_names_the_call_and_the_error_and_nothing_else() -> None:
    refusal = ClientError({"Error": {"Code": "AccessDenied", "Message": f"not allowed on {SECRET}"}}, "SendMessage")
    fields = failure_fields(_raised(refusal))
    assert (fields["aws_call"], fields["aws_error"]) == ("SendMessage", "AccessDenied")
    assert SECRET not in str(fields)
