"""A clock that moves only when told to."""


class FakeClock:
    def __init__(self, start_seconds: float = 1_790_000_000.0) -> None:
        self.seconds = start_seconds

    def __call__(self) -> float:
        return self.seconds

    def ms(self) -> int:
        return round(self.seconds * 1000)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
