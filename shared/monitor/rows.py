"""The monitor table's items. The composition root binds ``MonitorRow`` to its name (shared.aws.tables.bind).

    pk "nodes"                          sk the uuid         a machine; its token is sealed
    pk "token#<SHA-256>"                sk "record"         which machine an agent's token is of
    pk "live"                           sk the uuid         the last report of a machine; gone after a day of silence
    pk "recent#<uuid>"                  sk received at, ms  a report of the last minutes
    pk "load#<uuid>#<resolution>"       sk slot start, s    a record of that slot
    pk "ping#<uuid>#<task>"             sk received at, ms  an answer to a ping
    pk "ping_hours#<uuid>#<task>"       sk hour start, s    the answers of an hour, added up
    pk "latest_pings"                   sk uuid "#" task    the last answers of a machine to a task
    pk "ping_tasks"                     sk the task's id    a ping task
    pk "settings"                       sk "record"         the site's settings; secrets are sealed
    pk "administrator"                  sk "record"         second factor and bound outside accounts
    pk "code_attempts"                  sk end of a stretch how many codes of the second factor were tried in it
    pk "sessions"                       sk SHA-256          a browser's session
    pk "oauth_state"                    sk SHA-256          a sign-in through a provider that is under way
    pk "audit"                          sk at, ms, and id   what an administrator did
    pk "ping_run#<task>#<uuid>"         sk "record"         when a machine was asked for a task last
    pk "rolled_up"                      sk "record"         how far records were made of reports
    pk "commands"                       sk at, ms, and id   that a command was given to machines
    pk "command#<id>"                   sk "record"         a command
    pk "command#<id>"                   sk "result#" uuid   what it came to on a machine, once it did
    pk "commands_of#<uuid>"             sk at, ms, and id   that it was given to this machine
    pk "waiting_commands"               sk uuid "#" id      what a machine is to run with its next report
    pk "sequence"                       sk the kind         the last number given out

Numbers in sort keys have fifteen digits, so that their order is that of the numbers. Machines, live reports and tasks
are each one partition: a list of all of them is one query, and a site has hundreds of them, not millions.
"""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from shared.aws.tables import UnboundTable

RECORD = "record"
NODES, LIVE, PING_TASKS, SESSIONS, AUDIT = "nodes", "live", "ping_tasks", "sessions", "audit"
LATEST_PINGS = "latest_pings"
COMMANDS, WAITING_COMMANDS = "commands", "waiting_commands"


def ordered(number: int) -> str:
    """A number as a sort key."""
    return f"{number:015d}"


class MonitorRow(Model):
    class Meta(UnboundTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    revision = NumberAttribute(null=True)
    body = JSONAttribute(null=True)
    counter = NumberAttribute(null=True)
    total = NumberAttribute(null=True)
    lost = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)  # epoch seconds: the table's time to live
