"""Bodies of the agents' calls and of JSON-RPC, for the OpenAPI document. shared.monitor.agent_reports, .basic_info,
.agent_messages and .agent_rpc read them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

_MAX_INTEGER = 2**63 - 1
Amount = Annotated[float, Field(ge=0, le=_MAX_INTEGER)] | None
Percent = Annotated[float, Field(ge=0, le=100)] | None
Load = Annotated[float, Field(ge=0, le=1000)] | None
Text = str | None
RpcId = str | float | None


class AgentError(BaseModel):
    """What agents are refused with: the text is in ``error``, or in ``message`` where the server knows no such
    agent."""

    status: Literal["error"] = "error"
    error: str = ""
    message: str = ""


class AgentDone(BaseModel):
    status: Literal["success"]


class Registration(BaseModel):
    """The key decides, and it is in the header; nothing of the body is read."""

    model_config = ConfigDict(extra="allow")


class RegisteredNode(BaseModel):
    uuid: str
    token: str = Field(description="The node's own, for all other calls")


class RegisteredAnswer(BaseModel):
    status: Literal["success"]
    message: str
    data: RegisteredNode


class BasicInfo(BaseModel):
    """What the machine is made of. Longer texts are cut at 300 characters, sizes are in bytes."""

    arch: Text = None
    cpu_name: Text = None
    gpu_name: Text = None
    ipv4: Text = None
    ipv6: Text = None
    kernel_version: Text = None
    os: Text = None
    version: Text = Field(None, description="The agent's")
    virtualization: Text = None
    cpu_cores: Amount = None
    cpu_physical_cores: Amount = None
    disk_total: Amount = None
    mem_total: Amount = None
    swap_total: Amount = None


class CpuUsage(BaseModel):
    usage: Percent = None


class MemoryUsage(BaseModel):
    total: Amount = None
    used: Amount = None


class LoadAverage(BaseModel):
    load1: Load = None
    load5: Load = None
    load15: Load = None


class NetworkUse(BaseModel):
    """``up`` and ``down`` in bytes a second, the totals in bytes."""

    up: Amount = None
    down: Amount = None
    totalUp: Amount = None
    totalDown: Amount = None


class ConnectionCount(BaseModel):
    tcp: Amount = None
    udp: Amount = None


class GraphicsCard(BaseModel):
    name: Text = None
    memory_total: Amount = None
    memory_used: Amount = None
    utilization: Percent = None
    temperature: Amount = None


class GraphicsUse(BaseModel):
    count: Amount = None
    average_usage: Percent = None
    detailed_info: list[GraphicsCard] | None = None


class AgentReport(BaseModel):
    """At least one of the sections; what is left out counts as zero."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [name]}
                for name in ("cpu", "ram", "swap", "load", "disk", "network", "connections", "uptime", "process")
            ]
        }
    )

    cpu: CpuUsage | None = None
    ram: MemoryUsage | None = None
    swap: MemoryUsage | None = None
    load: LoadAverage | None = None
    disk: MemoryUsage | None = None
    network: NetworkUse | None = None
    connections: ConnectionCount | None = None
    uptime: Amount = Field(None, description="Seconds")
    process: Amount = None
    message: Text = None
    gpu: GraphicsUse | None = None


class PingTaskOfAgent(BaseModel):
    id: int
    weight: int
    name: str
    clients: list[str]
    type: Literal["icmp", "tcp", "http"]
    target: str
    interval: int = Field(description="Seconds")


class PingTasksOfAgent(RootModel[list[PingTaskOfAgent]]):
    """A bare array."""


class PingAnswer(BaseModel):
    """``value`` in milliseconds, below 0 for lost."""

    task_id: float = Field(gt=0.5, le=2**53 - 1)
    value: float = Field(le=3_600_000)


class CommandAnswer(BaseModel):
    """What a command printed; longer output is cut."""

    task_id: str = Field(min_length=1, max_length=64)
    result: str
    exit_code: int | None = Field(None, gt=-(2**63), lt=2**63)


class RpcRequest(BaseModel):
    """https://www.jsonrpc.org/specification"""

    jsonrpc: Literal["2.0"]
    method: str = Field(min_length=1)
    params: dict[str, Any] | list[Any] | None = None
    id: RpcId = None


class AgentRpcRequest(RpcRequest):
    params: dict[str, Any] | None = None
    id: Annotated[str, Field(max_length=128)] | float | None = None


class RpcRequests(RootModel[RpcRequest | Annotated[list[RpcRequest], Field(min_length=1, max_length=100)]]):
    """One call, or a batch of them."""


class RpcFailure(BaseModel):
    code: int
    message: str
    data: Any = None


class RpcAnswer(BaseModel):
    """``result`` or ``error``; an ``id`` only where the call had one."""

    jsonrpc: Literal["2.0"]
    id: RpcId = None
    result: Any = None
    error: RpcFailure | None = None


class RpcAnswers(RootModel[RpcAnswer | list[RpcAnswer]]):
    """As the call was: one, or a batch."""


class RpcRefused(BaseModel):
    """What cannot be read as a call at all."""

    jsonrpc: Literal["2.0"]
    id: RpcId = None
    error: RpcFailure
