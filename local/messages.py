"""What the embedded stack says to its operator, in Chinese (the default) and English (``LANGUAGE=en``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

_CATALOGUE: Final[Mapping[str, tuple[str, str]]] = {
    # --- install ---
    "engines_ready": ("状态引擎已就绪（{kind}）。", "State engines are ready ({kind})."),
    "installing_node": (
        "本机没有 Node.js 22.5 以上版本，正在安装一份私有副本……",
        "This machine has no Node.js 22.5 or newer; installing a private copy …",
    ),
    "installing_engines": (
        "正在安装状态引擎 dynoxide 与 fauxqs……",
        "Installing the state engines dynoxide and fauxqs …",
    ),
    "installing_ministack": ("正在安装后备引擎 ministack……", "Installing the stand-in engine ministack …"),
    "engines_unavailable": (
        "无法安装 dynoxide 与 fauxqs：{reason}",
        "dynoxide and fauxqs cannot be installed: {reason}",
    ),
    "ministack_costs": (
        "改用 ministack：状态只在正常退出时保存（退出约需 10–20 秒），进程被强制结束或断电会丢失全部数据；"
        "数据量大时变慢、占内存多。仅适合试用。想重试原引擎，请删除引擎目录后再安装。",
        "Using ministack instead: state is saved only on a clean stop (which takes 10–20 s) and a kill or power cut "
        "loses all of it; it grows slow and large with the data. Good for trying things out only. "
        "To try the real engines again, delete the engines folder and install once more.",
    ),
    "ministack_unavailable": (
        "后备引擎也无法安装：{reason}",
        "The stand-in engine cannot be installed either: {reason}",
    ),
    # --- start ---
    "starting": ("正在启动……", "Starting …"),
    "ready": ("KOOK Relay 已就绪（{seconds:.1f} 秒）", "KOOK Relay is ready ({seconds:.1f} s)"),
    "label_console": ("控制台", "Console"),
    "label_api": ("控制接口", "Control API"),
    "label_webhook": ("Webhook 地址", "Webhook URL"),
    "label_token": ("API 令牌", "API token"),
    "label_data": ("数据目录", "Data folder"),
    "token_once": (
        "API 令牌只显示这一次，请妥善保存。",
        "The API token is shown this once; keep it safe.",
    ),
    "token_from_environment": ("来自环境变量 API_TOKEN", "the one in API_TOKEN"),
    "token_known": (
        "首次启动时已显示，只存有摘要；遗失时请设置 API_TOKEN 换一个",
        "shown at the first start, only its digest is kept; if it is lost, set another one with API_TOKEN",
    ),
    "label_password": ("管理员密码", "Admin password"),
    "password_once": (
        "管理员密码只显示这一次；可用 POST /api/auth/change-password 修改。",
        "The admin password is shown this once; POST /api/auth/change-password changes it.",
    ),
    "password_from_environment": ("来自环境变量 ADMIN_PASSWORD", "the one in ADMIN_PASSWORD"),
    "password_known": (
        "此前已设定；遗失时请用 API 令牌调用 POST /api/auth/reset-password",
        "set before; if it is lost, POST /api/auth/reset-password with the API token sets another one",
    ),
    "next_step": (
        "下一步：打开控制台，按设置向导操作；也可以用命令登记 KOOK 机器人：",
        "Next: open the console, whose wizard leads on, or register your KOOK bot by command:",
    ),
    "public_url_hint": (
        "KOOK 需要能从公网访问本机：用反向代理或隧道转发到 {base}，并设置 PUBLIC_URL。"
        '没有公网地址时，请在登记时加上 "ingress": "gateway"，由本机连接 KOOK 网关获取事件'
        "（开发者中心的连接模式选 WebSocket）。",
        "KOOK must reach this machine from the internet: forward a reverse proxy or tunnel to {base} "
        'and set PUBLIC_URL. Without a public address, register the bot with "ingress": "gateway", and this machine '
        "fetches the events over KOOK's gateway (connection mode WebSocket in the developer console).",
    ),
    "stop_hint": ("按 Ctrl-C 停止。", "Press Ctrl-C to stop."),
    "stopping": (
        "正在停止：不再接收请求，等待进行中的工作完成……",
        "Stopping: no new requests, waiting for work in progress …",
    ),
    "stopped": ("已停止。", "Stopped."),
    # --- errors ---
    "error": ("错误：{text}", "Error: {text}"),
    "port_in_use": (
        "端口 {port} 已被占用：关闭占用它的程序，或用 PORT 换一个端口。",
        "port {port} is in use: stop the program that has it, or choose another one with PORT.",
    ),
    "address_unavailable": ("无法监听 {host}:{port}：{reason}", "cannot listen on {host}:{port}: {reason}"),
    "engines_missing": (
        "缺少状态引擎（{reason}）：请运行 python -m local.engines.install，或直接 make run。",
        "the state engines are missing ({reason}): run python -m local.engines.install, or just make run.",
    ),
    "engine_failed": ("状态引擎 {name} 无法启动：{reason}", "the state engine {name} does not start: {reason}"),
    "bad_template": ("模板有误：{reason}", "bad template: {reason}"),
    "bad_setting": ("设置 {name} 有误：{reason}", "bad setting {name}: {reason}"),
    "bad_function": ("函数 {name} 无法加载：{reason}", "function {name} cannot be loaded: {reason}"),
    "sandbox_failed": ("函数进程无法启动：{reason}", "a function process does not start: {reason}"),
    "data_dir_in_use": (
        "数据目录 {path} 正被另一个进程（pid {pid}）使用。",
        "the data folder {path} is in use by another process (pid {pid}).",
    ),
    "data_dir_other_engine": (
        "数据目录 {path} 由 {stored} 写成，而现在安装的是 {installed}：请换一个 DATA_DIR 或装回原来的引擎。",
        "the data folder {path} was written by {stored}, but {installed} is installed: "
        "choose another DATA_DIR or install those engines again.",
    ),
    "data_dir_unusable": ("数据目录 {path} 不可用：{reason}", "the data folder {path} cannot be used: {reason}"),
    "provisioning_failed": ("无法建立数据表或队列：{reason}", "tables or queues cannot be set up: {reason}"),
}


class Messages:
    """The catalogue in one language."""

    def __init__(self, language: str = "zh") -> None:
        self._column = 1 if language == "en" else 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Messages:
        """``LANGUAGE=en`` (or ``en_…``) is English; anything else is Chinese."""
        return cls("en" if environment.get("LANGUAGE", "").lower().split(":")[0].startswith("en") else "zh")

    def __call__(self, key: str, **values: object) -> str:
        return _CATALOGUE[key][self._column].format(**values)


class EmbeddedStackError(Exception):
    """Something the operator has to see and can act on: a key of the catalogue and its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def text(self, messages: Messages) -> str:
        """One line, whatever the values hold."""
        return " ".join(messages(self.key, **self.values).split())

    def __str__(self) -> str:
        return self.text(Messages("en"))
