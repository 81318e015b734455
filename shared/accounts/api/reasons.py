"""Why a check or a login ended as it did, in the reader's language.

Reasons are made, and kept with the account, as English sentences. The Chinese ones are found by their form here; a
sentence without one stays as it is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from shared.web.catalogue import Text
from shared.web.language import Language

# ``{reason}`` is a sentence of this list itself; every other name stands for what is the same in both languages. Of
# several that fit the first counts.
REASONS: Sequence[Text] = (
    # An account's cookie and its uses.
    Text("已保存的 Cookie 无法用当前口令打开", "the stored cookie cannot be opened with the configured passphrase"),
    Text("该平台已没有平台文件", "this platform is not described any more"),
    Text("连续 {count} 次使用失败，最后一次：{error}", "{count} uses failed in a row; the last: {error}"),
    Text("连续 {count} 次使用失败", "{count} uses failed in a row"),
    # What the platform answers to a cookie.
    Text("未登录：Cookie 中没有 {names} 中的任何一个", "not logged in: the cookie lacks any of {names}"),
    Text("未登录：Cookie 缺少 {names}", "not logged in: the cookie lacks {names}"),
    Text("未登录：平台跳转到登录页", "not logged in: the platform sends the cookie to its login page"),
    Text("未登录：平台明确答复", "not logged in: the platform says so"),
    Text("平台出现故障（HTTP {status}）", "the platform is in trouble (HTTP {status})"),
    Text("平台要求减少请求（HTTP {status}）", "the platform asks for fewer requests (HTTP {status})"),
    Text(
        "平台风控拦截了查询（HTTP {status}）", "the platform's risk control did not answer the question (HTTP {status})"
    ),
    Text(
        "答复同时像已登录和已失效，平台文件需要更正",
        "the answer looks both logged in and expired: the platform file needs a correction",
    ),
    Text(
        "平台跳转到登录页以外的地址（HTTP {status}）",
        "the platform redirects to somewhere that is no login page (HTTP {status})",
    ),
    Text("平台答复的不是 JSON（HTTP {status}）", "the platform answered something else than JSON (HTTP {status})"),
    Text(
        "平台的答复在平台文件中没有描述（HTTP {status}）",
        "the platform answered something the platform file does not describe (HTTP {status})",
    ),
    # Logins by QR code.
    Text("登录会话由另一个口令封存", "sealed under another passphrase"),
    Text(
        "平台给出的 Cookie 过多：请用浏览器登录后提交",
        "the platform handed out more cookies than are kept: log in with a browser and send them",
    ),
    Text("该平台须用浏览器登录", "this platform's login needs a browser"),
    Text("无法继续查询该登录，请重新开始", "the login cannot be looked at any more: start again"),
    Text(
        "登录已确认，但平台没有给出会话：请用新的二维码重新开始",
        "the login was confirmed and the platform gave no session: start again with a new QR code",
    ),
    Text(
        "确认后的登录指向平台文件没有列出的网站，没有向它发送任何内容",
        "the confirmed login leads to a site that the platform file does not name: nothing was sent there",
    ),
    Text("二维码已过期，或在手机上被拒绝", "the QR code has expired, or its login was refused on the phone"),
    Text("二维码已过期", "the QR code has expired"),
    Text("在手机上被拒绝", "the login was refused on the phone"),
    Text("平台给出了未知的登录状态（{code}）", "the platform answered with a state that is not known ({code})"),
    Text("平台给出了未知的登录状态", "the platform answered with a state that is not known"),
    Text("平台没有给出登录状态", "the platform answered without the state of the login"),
    Text("平台没有给出二维码", "the platform answered without a QR code"),
    Text("平台的二维码过长，无法绘制", "the platform's QR code is too long to be drawn"),
    Text("平台没有交出登录结果（HTTP {status}）", "the platform did not hand out the login (HTTP {status})"),
    Text("平台答复了 HTTP {status}", "the platform answered with HTTP {status}"),
    Text("平台答复的不是 JSON 对象", "the platform answered something else than a JSON object"),
    Text("平台拒绝了请求（代码 {code}）", "the platform refused the request (code {code})"),
    Text("平台拒绝了请求", "the platform refused the request"),
    Text("平台用时过长", "the platform took too long"),
    # The network, as shared.platforms.http and shared.security.outbound word it.
    Text("无法访问平台：{reason}", "the platform could not be asked: {reason}"),
    Text("无法在时限内解析服务器名称", "the name of the server could not be looked up in time"),
    Text("无法解析服务器名称", "the name of the server could not be looked up"),
    Text("服务器未在时限内接受连接", "the server did not accept the connection in time"),
    Text("服务器拒绝连接", "the connection to the server refused"),
    Text("无法连接服务器", "the connection to the server failed"),
    Text("出站代理拒绝或无法建立连接", "the outbound proxy refused or could not make the connection"),
    Text("TLS 连接失败：证书或握手出错", "no TLS connection: the certificate or the handshake failed"),
    Text("未在时限内建立连接或发出请求", "the connection could not be set up, or the request sent, in time"),
    Text("请求发出之前连接中断", "the connection broke before the request was sent"),
    Text("请求发出之后连接中断", "the connection broke after the request was sent"),
    Text("请求发出后未在时限内答复", "no answer in time after the request was sent"),
    Text("答复未在时限内传完", "the answer was not complete in time"),
    Text("答复传输中途连接中断", "the connection broke in the middle of the answer"),
    Text("答复的编码有误", "the encoding of the answer is broken"),
    Text("答复超过 {bytes} 字节", "the answer has more than {bytes} bytes"),
    Text("请求的地址或请求头有误", "the address or a header of the request is malformed"),
    Text("该主机不能经公共互联网访问", "the host is not reachable over the public Internet"),
    Text("只允许 http 和 https 地址", "only http and https addresses are allowed"),
)


def worded(reason: str, language: Language) -> str:
    """The reason in this language."""
    if language == "en":
        return reason
    for pattern, text in _patterns():
        found = pattern.fullmatch(reason)
        if found is not None:
            parts = found.groupdict()
            if "reason" in parts:
                parts["reason"] = worded(parts["reason"], language)
            return text.fill(language, parts)
    return reason


@functools.cache
def _patterns() -> Sequence[tuple[re.Pattern[str], Text]]:
    return [(_pattern(text.en), text) for text in REASONS]


def _pattern(template: str) -> re.Pattern[str]:
    literal = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", literal), re.DOTALL)
