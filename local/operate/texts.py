"""What the commands say, in Chinese (the default) and English (``LANGUAGE=en``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["zh", "en"]

_CATALOGUE: Final[Mapping[str, tuple[str, str]]] = {
    "unreachable": (
        "无法连接 {url}：程序是否在运行？用 make run 启动，或用 --url 指定地址。",
        "{url} cannot be reached: is the relay running? Start it with make run, or name another address with --url.",
    ),
    "no_token": (
        "没有 API 令牌：请设置环境变量 API_TOKEN（或写入 .env）。",
        "There is no API token: set API_TOKEN in the environment (or in .env).",
    ),
    "refused": ("{message}（{code}）", "{message} ({code})"),
    "solution": ("处理办法：{solution}", "What to do: {solution}"),
    "file_unreadable": ("无法读取文件 {path}：{reason}", "The file {path} cannot be read: {reason}"),
    "file_unwritable": ("无法写入文件 {path}：{reason}", "The file {path} cannot be written: {reason}"),
    "test_arrived": ("测试消息已送达（{latency_ms} 毫秒）", "The test message arrived ({latency_ms} ms)"),
    "nothing_to_replay": ("没有可重试的失败投递", "There is no failed delivery to try again"),
    "would_replay": ("将重试 {count} 条投递", "{count} deliveries would be tried again"),
    "replaying": ("正在重试", "Trying again"),
    "replayed": ("已重新排队 {retried} 条，跳过 {skipped} 条", "{retried} queued again, {skipped} skipped"),
    "replay_goes_on": (
        "仍在后台进行：GET /api/deliveries/retry/{job_id} 查看进度",
        "It goes on in the background: GET /api/deliveries/retry/{job_id} tells how far it is",
    ),
    "backup_made": (
        "备份 {backup_id}（{size_bytes} 字节，密钥：{secrets}）",
        "Backup {backup_id} ({size_bytes} bytes, secrets: {secrets})",
    ),
    "saved": ("已保存到 {path}", "Saved to {path}"),
    "restored": (
        "已恢复：账号 {accounts}、机器人 {bots}、映射 {mappings}。恢复之前的配置保存为 {safety}。",
        "Restored: {accounts} accounts, {bots} bots, {mappings} mappings. What was there before is kept as {safety}.",
    ),
    "missing_secrets": ("缺少密钥：{names}", "Secrets that are missing: {names}"),
    "exported": ("已导出 {count} 个映射", "{count} mappings exported"),
    "imported": (
        "新建 {created}，替换 {replaced}，跳过 {skipped}，错误 {errors}",
        "{created} created, {replaced} replaced, {skipped} skipped, {errors} refused",
    ),
    "row_refused": ("第 {row} 行：{message}", "Row {row}: {message}"),
    "check_reachable": ("程序可以访问", "The relay answers"),
    "check_token": ("API 令牌有效", "The API token is taken"),
    "check_clock": ("时钟与 KOOK 一致", "The clock agrees with KOOK's"),
    "check_stores": ("状态表可用", "The tables answer"),
    "check_queues": ("队列正常", "The queues are in order"),
    "check_accounts": ("KOOK 账号在线", "The KOOK accounts are online"),
    "check_destinations": ("目标可用", "The destinations work"),
    "check_template": ("运行中的模板与文件一致", "What runs is the template that is here"),
    "check_service": ("服务在运行", "The service runs"),
    "token_refused": ("令牌不被接受：检查 API_TOKEN。", "The token is not taken: look at API_TOKEN."),
    "clock_off": (
        "本机时钟与 KOOK 相差 {seconds} 秒：签名和令牌会失效，请开启 NTP 对时。",
        "This clock and KOOK's are {seconds} s apart: signatures and tokens will fail. Turn NTP on.",
    ),
    "clock_unknown": (
        "无法访问 {url}，未能对比时钟：检查网络、代理（OUTBOUND_PROXY）或 KOOK_API_BASE。",
        "{url} cannot be reached, so clocks were not compared: look at the network, OUTBOUND_PROXY or KOOK_API_BASE.",
    ),
    "service_stopped": (
        "服务已停止：消息在队列中等待，用 POST /api/system/start 启动。",
        "The service is stopped: messages wait in their queues. POST /api/system/start starts it.",
    ),
    "destination_state": (
        "Bot {id}（{name}）：{state}，{reason}",
        "Bot {id} ({name}): {state}, {reason}",
    ),
    "account_state": ("账号 {id}（{email}）：{state} {detail}", "Account {id} ({email}): {state} {detail}"),
    "template_changed": (
        "模板在启动之后有改动：重新启动 make run。",
        "The template was changed since the start: run make run again.",
    ),
    "template_unknown": (
        "没有在本机运行，未检查；在 AWS 上用 `sam deploy --no-execute-changeset` 查看差异。",
        "Not running on this machine, so not looked at; on AWS `sam deploy --no-execute-changeset` shows the drift.",
    ),
    "all_well": ("一切正常", "All is well"),
    "some_bad": ("{count} 项需要处理", "{count} to be seen to"),
}


class Texts:
    """The catalogue in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        return _CATALOGUE[key][1 if self.language == "en" else 0].format(**values)
