"""The robots table's items. The composition root binds ``RobotsRow`` to its name (shared.aws.tables.bind).

    pk "code#<code>"         sk "record"        an activation code         listed under "codes"
    pk "robot#<robotId>"     sk "record"        a robot                    listed under "robots_of#<userId>"
    pk "robot#<robotId>"     sk "command#<id>"  a command                  listed under "open#<robotId>" until it ends
    pk "user#<userId>"       sk "record"        a user                     listed under "users"
    pk "phone#<digest>"      sk "user"          which user has the phone (makes it unique)
    pk "phone#<digest>"      sk "login_code"    the login code sent last
    pk "robot#<robotId>"     sk "presence"      when the robot was last heard of
    pk "watch#<robotId>"     sk "record"        its open commands are due    listed under "watched" while it has any
    pk "rate#<digest>"       sk the window          requests of one caller in that window
    pk "sequence"            sk the kind        the last number given out

Phone numbers are no keys: keys turn up in metrics and error texts, digests of them tell a reader less.
"""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

RECORD = "record"


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
    body = JSONAttribute(null=True)
    listing_key = UnicodeAttribute(null=True)
    listing_order = UnicodeAttribute(null=True)
    counter = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)  # epoch seconds: the table's time to live
    listing = Listing()
