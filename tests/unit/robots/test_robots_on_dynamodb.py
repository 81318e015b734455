"""Activation, commands and signing in on a real DynamoDB engine."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.robots.activation import Activation, Activations
from shared.robots.command_states import CommandResult, reached
from shared.robots.commands import Commands
from shared.robots.device_requests import ReportResult
from shared.robots.errors import (
    CodeBoundElsewhere,
    CodeDisabled,
    CodeExpired,
    CodeNotBound,
    CodeUnknown,
    CommandUnknown,
    LoginCodeTooSoon,
    LoginCodeWrong,
    SmsNotSent,
    TooManyOpenCommands,
    UserDisabled,
)
from shared.robots.ids import CODE_ALPHABET
from shared.robots.login import PhoneLogin
from shared.robots.login_store import DynamoUsers
from shared.robots.models import Command, Device
from shared.robots.rows import RobotsRow
from shared.robots.send_requests import send_request
from shared.robots.store import DynamoRobots
from shared.robots.table import Item, RobotsTable
from shared.robots.worktool_frames import fitting_meta
from shared.security.passwords import password_matches
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

PHONE, ADMIN_PHONE = "13800000000", "13900000000"
DAY_SECONDS = 24 * 60 * 60
PHONE_A, PHONE_B = Device("device-a", {"brand": "Xiaomi"}), Device("device-b", {"brand": "Pixel"})


class RecordedSms:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.fails = False

    def send(self, phone: str, code: str) -> None:
        if self.fails:
            raise SmsNotSent
        self.sent.append((phone, code))


@dataclass
class Scene:
    clock: FakeClock = field(default_factory=FakeClock)
    sms: RecordedSms = field(default_factory=RecordedSms)

    def __post_init__(self) -> None:
        table = RobotsTable()
        self.robots, self.users = DynamoRobots(table), DynamoUsers(table)
        self.activations = Activations(self.robots, self.clock.ms)
        self.commands = Commands(self.robots, self.clock.ms)
        self.login = PhoneLogin(self.users, self.sms, self.clock.ms, [ADMIN_PHONE])

    def signed_in_code(self, phone: str = PHONE) -> str:
        self.login.send_code(phone)
        return self.sms.sent[-1][1]


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    bind(RobotsRow, dynamodb.create_table("RobotsTable"))
    return Scene()


def test_a_code_is_eight_readable_characters_and_unused(scene: Scene) -> None:
    code = scene.activations.create(30, bound_user_id=7)
    assert len(code.code) == 8
    assert set(code.code) <= set(CODE_ALPHABET)
    read = scene.robots.code(code.code)
    assert read is not None
    assert (read.status_at(scene.clock.ms()), read.bound_user_id, read.expires_at_ms) == ("unused", 7, None)


def test_the_first_activation_makes_the_robot_and_the_same_device_gets_it_again(scene: Scene) -> None:
    code = scene.activations.create(30, bound_user_id=7).code
    first = scene.activations.activate(f" {code.lower()} ", PHONE_A)
    scene.clock.advance(60)
    again = scene.activations.activate(code, PHONE_A)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.robot.robot_id == first.robot.robot_id
    assert again.robot.robot_uuid == first.robot.robot_uuid
    robot = scene.robots.robot(first.robot.robot_id)
    assert robot is not None
    assert (robot.owner_id, robot.device, robot.name) == (7, PHONE_A, f"机器人-{robot.robot_id[-6:]}")
    assert again.code.first_activated_at_ms == first.code.first_activated_at_ms
    assert again.code.last_activated_at_ms == scene.clock.ms()


def test_another_device_is_told_who_holds_the_code(scene: Scene) -> None:
    code = scene.activations.create(30).code
    held = scene.activations.activate(code, PHONE_A)
    with pytest.raises(CodeBoundElsewhere) as refused:
        scene.activations.activate(code, PHONE_B)
    assert refused.value.device_id == "device-a"
    assert refused.value.robot_id == held.robot.robot_id
    assert refused.value.activated_at_ms == held.code.last_activated_at_ms


def test_of_devices_that_race_for_one_code_exactly_one_wins(scene: Scene) -> None:
    code = scene.activations.create(30).code
    start = threading.Barrier(6)

    def race(number: int) -> Activation | CodeBoundElsewhere:
        start.wait()
        try:
            return scene.activations.activate(code, Device(f"device-{number}"))
        except CodeBoundElsewhere as lost:
            return lost

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(race, range(6)))
    winners = [outcome for outcome in outcomes if isinstance(outcome, Activation)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, CodeBoundElsewhere)]
    assert (len(winners), len(losers)) == (1, 5)
    assert {lost.robot_id for lost in losers} == {winners[0].robot.robot_id}


def test_validity_starts_with_the_first_activation(scene: Scene) -> None:
    code = scene.activations.create(30).code
    scene.clock.advance(400 * DAY_SECONDS)
    scene.activations.activate(code, PHONE_A)
    scene.clock.advance(30 * DAY_SECONDS - 1)
    scene.activations.activate(code, PHONE_A)
    scene.clock.advance(1)
    with pytest.raises(CodeExpired):
        scene.activations.activate(code, PHONE_A)


def test_unbinding_revokes_the_tokens_and_the_next_device_takes_over_the_robot(scene: Scene) -> None:
    code = scene.activations.create(30).code
    before = scene.activations.activate(code, PHONE_A).robot
    unbound = scene.activations.unbind(code)
    assert (unbound.device_id, unbound.robot_id) == ("device-a", before.robot_id)
    with pytest.raises(CodeNotBound):
        scene.activations.unbind(code)
    taken_over = scene.activations.activate(code, PHONE_B)
    assert taken_over.is_new
    assert taken_over.robot.robot_id == before.robot_id
    assert taken_over.robot.token_version == before.token_version + 1


def test_a_disabled_or_unknown_code_activates_nothing(scene: Scene) -> None:
    code = scene.activations.create(30).code
    robot = scene.activations.activate(code, PHONE_A).robot
    scene.activations.disable(code)
    assert scene.activations.disable(code).disabled
    with pytest.raises(CodeDisabled):
        scene.activations.activate(code, PHONE_A)
    with pytest.raises(CodeUnknown):
        scene.activations.activate("NOSUCHCD", PHONE_A)
    revoked = scene.robots.robot(robot.robot_id)
    assert revoked is not None
    assert revoked.token_version == robot.token_version + 1


def test_commands_come_by_priority_then_age_and_only_once(scene: Scene) -> None:
    first = scene.commands.enqueue("robot_1", "send_message", {"content": "你好 😀"})
    scene.clock.advance(1)
    second = scene.commands.enqueue("robot_1", "send_message", {"content": "2"})
    urgent = scene.commands.enqueue("robot_1", "send_message", {"content": "3"}, priority=3)
    scene.commands.enqueue("robot_2", "send_message", {"content": "not yours"})
    handed = scene.commands.hand_out("robot_1")
    assert [command.command_id for command in handed] == [urgent.command_id, first.command_id, second.command_id]
    assert handed[1].params == {"content": "你好 😀"}
    assert scene.commands.hand_out("robot_1") == []


def test_two_devices_that_ask_at_once_never_get_the_same_command(scene: Scene) -> None:
    wanted = {scene.commands.enqueue("robot_1", "send_message", {"n": n}).command_id for n in range(12)}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: scene.commands.hand_out("robot_1"), range(4)))
    got = [command.command_id for answer in answers for command in answer]
    assert sorted(got) == sorted(wanted)


def test_a_command_without_a_result_comes_again_and_its_success_closes_it(scene: Scene) -> None:
    command = scene.commands.enqueue("robot_1", "send_message", {})
    scene.commands.hand_out("robot_1")
    scene.clock.advance(59)
    assert scene.commands.hand_out("robot_1") == []
    scene.clock.advance(1)
    assert [again.attempts for again in scene.commands.hand_out("robot_1")] == [2]
    done = scene.commands.record_result("robot_1", command.command_id, CommandResult(0))
    assert done.state == "success"
    repeated = scene.commands.record_result("robot_1", command.command_id, CommandResult(201102, "late"))
    assert (repeated.state, repeated.error_code) == ("success", 0)
    scene.clock.advance(120)
    assert scene.commands.hand_out("robot_1") == []


def test_the_largest_command_keeps_the_largest_result(scene: Scene) -> None:
    titles = [f"{number:02d}{'я' * 98}" for number in range(100)]
    body = {"robotId": "robot_1", "type": "text", "titleList": titles, "content": "😀" * 20_000}
    command = scene.commands.enqueue("robot_1", "send_message", send_request(body).command_params())
    assert [one.params for one in scene.commands.hand_out("robot_1")] == [command.params]
    names = ["😀" * 256] * 100
    report = {"robotId": "robot_1", "commandId": command.command_id, "errorCode": 1, "errorReason": "😀" * 2000}
    result = ReportResult.model_validate({**report, "successList": names, "failList": names}).result()
    meta = fitting_meta("😀" * 8000)
    assert meta
    scene.commands.record_result("robot_1", command.command_id, replace(result, meta_json=meta))
    stored = scene.robots.command("robot_1", command.command_id)
    assert stored is not None
    assert (stored.params, reached(stored), stored.error_reason) == (command.params, (names, names), "😀" * 2000)


def test_a_robot_has_room_for_so_many_open_commands_and_no_more(scene: Scene) -> None:
    scene.commands = Commands(DynamoRobots(RobotsTable(), max_open_commands=5), scene.clock.ms)

    def enqueue(_: int) -> str:
        try:
            return scene.commands.enqueue("robot_x", "send_message", {"type": "text"}).command_id
        except TooManyOpenCommands:
            return ""

    with ThreadPoolExecutor(8) as pool:
        ids = list(filter(None, pool.map(enqueue, range(8))))
    assert len(ids) == 5
    with pytest.raises(TooManyOpenCommands):
        scene.commands.require_room("robot_x", 1)
    scene.commands.require_room("robot_y", 5)
    # Under an id that is there already nothing begins.
    assert scene.commands.enqueue_once(ids[0], "robot_x", "send_message", {}).command_id == ids[0]
    scene.commands.hand_out("robot_x")
    for command_id in ids[:2]:
        for _ in range(2):
            scene.commands.record_result("robot_x", command_id, CommandResult(0))
    scene.commands.require_room("robot_x", 2)
    with pytest.raises(TooManyOpenCommands):
        scene.commands.require_room("robot_x", 3)
    assert [bool(enqueue(number)) for number in range(3)] == [True, True, False]


def test_a_command_of_an_older_version_is_not_counted_when_it_ends(scene: Scene) -> None:
    store = DynamoRobots(RobotsTable(), max_open_commands=1)
    older = Command("cmd_1", "robot_z", "send_message", {"type": "text"}, scene.clock.ms(), state="sent", attempts=1)
    assert RobotsTable().write(Item("robot#robot_z", "command#cmd_1", _older(older)))
    commands = Commands(store, scene.clock.ms)
    commands.record_result("robot_z", "cmd_1", CommandResult(0))
    commands.enqueue("robot_z", "send_message", {"type": "text"})
    with pytest.raises(TooManyOpenCommands):
        commands.enqueue("robot_z", "send_message", {"type": "text"})


def _older(command: Command) -> dict[str, object]:
    body = asdict(command)
    del body["version"], body["counted"]
    return body


def test_a_robot_cannot_close_the_command_of_another(scene: Scene) -> None:
    command = scene.commands.enqueue("robot_1", "send_message", {})
    scene.commands.hand_out("robot_1")
    with pytest.raises(CommandUnknown):
        scene.commands.record_result("robot_2", command.command_id, CommandResult(0))


def test_the_first_sign_in_registers_and_the_next_finds_the_same_user(scene: Scene) -> None:
    assert scene.login.send_code(PHONE) == 300
    user = scene.login.sign_in(PHONE, scene.sms.sent[-1][1])
    assert (user.role, user.phone, user.nickname) == ("user", PHONE, "用户0000")
    assert PHONE not in repr(user)
    scene.clock.advance(61)
    again = scene.login.sign_in(PHONE, scene.signed_in_code())
    assert (again.user_id, again.last_login_at_ms) == (user.user_id, scene.clock.ms())


def test_the_phone_of_the_environment_registers_as_administrator(scene: Scene) -> None:
    assert scene.login.sign_in(ADMIN_PHONE, scene.signed_in_code(ADMIN_PHONE)).role == "admin"


def test_a_user_whose_phone_is_named_later_is_an_administrator_from_the_next_sign_in(scene: Scene) -> None:
    user = scene.login.sign_in(PHONE, scene.signed_in_code())
    scene.login = PhoneLogin(scene.users, scene.sms, scene.clock.ms, [PHONE])
    scene.clock.advance(61)
    again = scene.login.sign_in(PHONE, scene.signed_in_code())
    assert (user.role, again.role, again.user_id) == ("user", "admin", user.user_id)
    assert scene.users.user(user.user_id) == replace(again, version=again.version + 1)


def test_a_login_code_works_once(scene: Scene) -> None:
    code = scene.signed_in_code()
    scene.login.sign_in(PHONE, code)
    with pytest.raises(LoginCodeWrong):
        scene.login.sign_in(PHONE, code)


def test_five_wrong_tries_end_a_login_code(scene: Scene) -> None:
    code = scene.signed_in_code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for guess in (wrong, "", "x" * 5000, wrong, wrong):
        with pytest.raises(LoginCodeWrong):
            scene.login.sign_in(PHONE, guess)
    with pytest.raises(LoginCodeWrong):
        scene.login.sign_in(PHONE, code)


def test_a_login_code_is_good_for_five_minutes(scene: Scene) -> None:
    code = scene.signed_in_code()
    scene.clock.advance(300)
    with pytest.raises(LoginCodeWrong):
        scene.login.sign_in(PHONE, code)


def test_a_phone_gets_one_login_code_a_minute_even_when_sending_fails(scene: Scene) -> None:
    scene.sms.fails = True
    with pytest.raises(SmsNotSent):
        scene.login.send_code(PHONE)
    scene.sms.fails = False
    scene.clock.advance(20)
    with pytest.raises(LoginCodeTooSoon) as refused:
        scene.login.send_code(PHONE)
    assert refused.value.retry_after_seconds == 40
    scene.clock.advance(40)
    assert scene.login.send_code(PHONE) == 300


def test_a_disabled_user_is_not_let_in(scene: Scene) -> None:
    user = scene.login.sign_in(PHONE, scene.signed_in_code())
    stored = scene.users.user(user.user_id)
    assert stored is not None
    assert scene.users.replace_user(replace(stored, disabled=True))
    scene.clock.advance(61)
    with pytest.raises(UserDisabled):
        scene.login.sign_in(PHONE, scene.signed_in_code())


def test_no_row_holds_a_login_code_in_the_clear(scene: Scene, dynamodb: DynamoEngine) -> None:
    code = scene.signed_in_code()
    rows = dynamodb.client.scan(TableName=RobotsRow.Meta.table_name)["Items"]
    assert len(rows) == 1
    body = json.loads(rows[0]["body"]["S"])
    assert set(body) == {"code_hash", "sent_at_ms", "tries"}
    assert body["code_hash"].startswith("scrypt$")
    assert password_matches(code, body["code_hash"])
    assert PHONE not in str(rows[0])
