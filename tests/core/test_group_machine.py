"""One group under arbitrary wishes and arbitrary trouble: it never claims an address that nothing
serves, never has two operations of one keeper under way, and is where it is wished soon after
calm has returned, whatever happened before.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sidecar.core.actions import (
    Action,
    ClaimAddress,
    PauseService,
    ReleaseAddress,
    RestartService,
    StartService,
    StopService,
)
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState, NodeStatus
from tests.core.obedient import Hands, Mood
from tests.core.resources import STRANGER_MAC, Bench

CALM_NS = 60 * SECOND
"""The longest pause between two attempts is 30 s; an operation may hang for 15 s before that."""

VERBS = (StartService, RestartService, PauseService, StopService)
STATES = st.sampled_from([s for s in ContainerState if s is not ContainerState.UNKNOWN])
MOODS = st.sampled_from(Mood)
A_WHILE = st.integers(1, 20_000)


class WatchedBench(Bench):
    """Looks at every step for what must never be."""

    def turn(self, what=None) -> list[Action]:
        busy_before = self.nginx.busy
        actions = super().turn(what)
        claims = [a for a in actions if isinstance(a, ClaimAddress)]
        releases = [a for a in actions if isinstance(a, ReleaseAddress)]
        verbs = [a for a in actions if isinstance(a, VERBS)]
        assert len(claims) <= 1
        assert len(verbs) <= 1 or not busy_before, "two operations of one container at once"
        if claims and not releases:
            assert self.group.wanted
            assert self.group.serves, "an address is claimed while its container does not serve"
        return actions


class OneGroup(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.bench = WatchedBench()
        self.hands = Hands(self.bench, ContainerState.PAUSED)

    # --- wishes --------------------------------------------------------------------------------

    @rule(vouched=st.booleans())
    def want(self, vouched):
        self.bench.want(vouched=vouched)
        self.hands.pump()

    @rule()
    def give_up(self):
        self.bench.give_up()
        self.hands.pump()

    @rule(warm=st.booleans())
    def warm(self, warm):
        self.bench.warm(warm=warm)
        self.hands.pump()

    @rule(looking=st.booleans())
    def look_for_owner(self, looking):
        group = self.bench.group
        self.bench.turn(
            group.addresses.look_for_owner if looking else lambda _: group.stop_looking()
        )
        self.hands.pump()

    # --- the surroundings ----------------------------------------------------------------------

    @rule(alive=st.booleans())
    def peer(self, alive):
        self.bench.peer.status = NodeStatus.ACTIVE if alive else NodeStatus.DEAD
        self.bench.turn()
        self.hands.pump()

    @rule(isolated=st.booleans())
    def ping_nodes(self, isolated):
        self.bench.isolated = isolated
        self.bench.turn()
        self.hands.pump()

    @rule(up=st.booleans())
    def carrier(self, up):
        self.bench.carrier(up=up)
        self.hands.pump()

    @rule(owner=st.sampled_from([None, STRANGER_MAC]), mood=MOODS)
    def network(self, owner, mood):
        self.hands.owner, self.hands.network = owner, mood
        self.hands.pump()

    @rule(mood=MOODS)
    def kernel(self, mood):
        self.hands.kernel = mood
        self.hands.pump()

    @rule()
    def netlink_forgets(self):
        self.hands.netlink.clear()

    @rule(mood=MOODS, known=st.booleans())
    def engine(self, mood, known):
        self.hands.engine, self.hands.known = mood, known
        self.hands.tell_state()

    @rule()
    def engine_forgets(self):
        self.hands.verbs.clear()

    @rule()
    def a_stranger_deletes_the_address(self):
        self.hands.lose_address("somebody deleted it")

    @rule(state=STATES)
    def a_stranger_meddles_with_the_container(self, state):
        self.hands.becomes(state)

    @rule(healthy=st.booleans())
    def health(self, healthy):
        self.hands.healthy = healthy

    @rule()
    def somebody_makes_the_container_anew(self):
        self.hands.identity += "x"
        self.hands.becomes(ContainerState.STOPPED)

    # --- time ----------------------------------------------------------------------------------

    @rule(ms=A_WHILE)
    def time_passes(self, ms):
        self.hands.run(ms * MILLISECOND)

    @rule(ms=st.integers(3_900, 30_000))
    def the_process_is_frozen(self, ms):
        self.hands.oversleep(ms * MILLISECOND)

    # --- what must hold ------------------------------------------------------------------------

    @rule()
    def calm(self):
        """Everything works again: wish and fact agree within a bounded time."""
        hands, bench = self.hands, self.bench
        hands.kernel = hands.engine = hands.network = Mood.OBEY
        hands.owner, hands.healthy, hands.known = None, True, True
        bench.isolated = False
        bench.peer.status = NodeStatus.ACTIVE
        bench.carrier(up=True)
        if hands.state is ContainerState.ABSENT:
            hands.identity += "y"
            hands.state = ContainerState.STOPPED
        hands.tell_state()
        hands.run(CALM_NS)
        group = bench.group
        assert not bench.address.busy
        assert not bench.nginx.busy
        assert not bench.nginx.failed
        assert not bench.nginx.trouble
        assert not bench.address.trouble
        assert hands.present is group.wanted
        assert group.held is group.wanted
        if group.wanted:
            assert group.settled
            assert group.failing is None
            assert not group.blocked
            assert hands.state is ContainerState.RUNNING
        else:
            assert group.released
            assert hands.state is not ContainerState.RUNNING or group.warm
            assert group.warm or group.settled

    @invariant()
    def held_means_kept(self):
        if self.bench.group.held:
            assert self.bench.address.holds
            assert self.bench.address.wants

    @invariant()
    def whether_any_address_is_here_is_always_known(self):
        group = self.bench.group
        assert group.addresses.any_here is any(not address.gone for address in group.addresses)

    def teardown(self):
        self.calm()


OneGroup.TestCase.settings = settings(
    max_examples=400,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
TestOneGroup = OneGroup.TestCase
