"""The robots table's items. The composition root binds ``RobotsRow`` to its name (shared.aws.tables.bind).

    pk "code#<code>"         sk "record"        an activation code         listed under "codes"
    pk "robot#<robotId>"     sk "record"        a robot                    listed under "robots_of#<userId>"
    pk "robot#<robotId>"     sk "command#<id>"  a command                  listed under "open#<robotId>" until it ends
    pk "user#<userId>"       sk "record"        a user                     listed under "users"
    pk "phone#<digest>"      sk "user"          which user has the phone (makes it unique)
    pk "phone#<digest>"      sk "login_code"    the login code sent last
    pk "watch#<robotId>"     sk "record"        its open commands are due    listed under "watched" while it has any
    pk "ai_calls#<robotId>"  sk the day         calls of a language model on that day
    pk "ai_rest#<provider>"  sk "record"        until when a chat model that did not answer is left alone
    pk "ai_unanswered#<id>"  sk the day         messages of that day to a robot whose model is not set up
    pk "rate#<digest>"       sk the window          requests of one caller in that window
    pk "robot#<robotId>"     sk "message#<id>"  a reported message
    pk "robot#<robotId>"     sk "group#<digest>"    a group it was seen in   listed under "groups_of#<robotId>"
    pk "robot#<robotId>"     sk "group_qr#<ms>_…"   the QR code of a group, as long as it is good
    pk "robot#<robotId>"     sk "online#<ms>"       a period in which its socket was open
    pk "robot#<robotId>"     sk "told#<message id>" what became of a message's callback
    pk "online#<robotId>"    sk "record"            its socket is open       listed under "online" while it is
    pk "robot#<robotId>"     sk "third_party"   the callbacks of the robot's owner
    pk "robot#<robotId>"     sk "callback_failure"  the last callback that was given up
    pk "log#<id>"            sk "record"        an entry of the activity log       listed under "logs"
    pk "sequence"            sk the kind        the last number given out

Aggregates, added to in the same write as what they count, and never worked out anew:

    pk "sum#robot#<robotId>" sk "total"                          messages ever, when the device was last heard of, by
                                                                 which it is listed under "heard_of"
    pk "sum#robot#<robotId>" sk "open"                           commands that have not ended
    pk "sum#robot#<robotId>" sk "day#<day>"                      messages, AI calls, results of a day
    pk "sum#robot#<robotId>" sk "contact#<day>#<digest>"         messages of one sender on a day, "group#…" likewise
    pk "sum#user#<userId>"   sk "total"                          robots and activation codes of the user
    pk "sum#user#<userId>"   sk "robot#<day>#<robotId>"          messages, AI calls, cost of one robot on a day
    pk "sum#listing#<name>"  sk "total" or "day#<day>#<kind>"    how many items a listing has (the log's by day)

Phone numbers are no keys: keys turn up in metrics and error texts, digests of them tell a reader less.
"""

from __future__ import annotations

import json
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from shared.platforms.unicode_text import well_formed

RECORD = "record"
HEARD_OF = "heard_of"


class Body(JSONAttribute):
    """A record as JSON with its characters unescaped: escapes would make 128 KB of text more than an item may have."""

    def serialize(self, value: Any) -> str | None:
        return None if value is None else well_formed(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


class Listing(GlobalSecondaryIndex["RobotsRow"]):  # type: ignore[no-untyped-call]
    """Only items with both keys are in it, in the order in which they are shown or handed out."""

    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing_key = UnicodeAttribute(hash_key=True)
    listing_order = UnicodeAttribute(range_key=True)


class RobotsRow(Model):
    class Meta:
        table_name = "unbound"
        connect_timeout_seconds = 2
        read_timeout_seconds = 5

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute(null=True)
    body = Body(null=True)
    listing_key = UnicodeAttribute(null=True)
    listing_order = UnicodeAttribute(null=True)
    counter = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)  # epoch seconds: the table's time to live
    # of aggregates
    label = UnicodeAttribute(null=True)
    messages = NumberAttribute(null=True)
    ai_calls = NumberAttribute(null=True)
    ai_cost_micros = NumberAttribute(null=True)  # millionths of a yuan
    successes = NumberAttribute(null=True)
    failures = NumberAttribute(null=True)
    timed_results = NumberAttribute(null=True)
    execution_ms = NumberAttribute(null=True)
    robots = NumberAttribute(null=True)
    codes = NumberAttribute(null=True)
    items = NumberAttribute(null=True)
    last_seen_ms = NumberAttribute(null=True)
    # of groups
    first_seen_ms = NumberAttribute(null=True)
    details = Body(null=True)
    listing = Listing()
