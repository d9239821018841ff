"""People whom a script moves through a simulated provider's API, so that it knows who is where. Standard library only."""

import random, threading, time

SERVICE = "+15550199"
NUMBERS = 99
FLAGS = {"Muted": 0, "Hold": 1}  # fields of the API, and their place in a state
# How often each thing happens compared with the others.
WEIGHTS = dict(join=3, leave=3, Muted=7, Hold=2, coach=4)


class Crowd:
    """Moves people in the rooms of some conferences at random, until told to stop.

    A state is [muted, hold, coaching, coached call].
    """

    def __init__(self, space, sids, seed, rate=4.0):
        self.space, self.rate, self.dice = space, rate, random.Random(seed)
        self.rooms = {sid: {} for sid in sids}
        # From rooms that are often empty to crowded ones.
        self.most = {sid: 2 + 2 * number % 9 for number, sid in enumerate(sids)}
        self.changes, self.error = 0, None
        self.lock, self.moves = threading.Lock(), threading.Event()
        for sid in sids:
            for _ in range(2):
                self.join(sid)
        threading.Thread(target=self.live, daemon=True).start()

    def live(self):
        while self.error is None:
            self.moves.wait()
            with self.lock:
                try:
                    if self.moves.is_set():
                        self.step()
                except Exception as error:
                    self.error = error
            time.sleep(self.dice.expovariate(self.rate))

    def rest(self):
        """Stops all movement; a change that has begun ends first."""
        self.moves.clear()
        with self.lock:
            return

    def step(self):
        sid = self.dice.choice(list(self.rooms))
        room, kind = self.rooms[sid], self.dice.choices(list(WEIGHTS), WEIGHTS.values())[0]
        self.changes += 1
        if kind == "join":
            if len(room) < self.most[sid]:
                self.join(sid)
        elif room:
            call = self.dice.choice(list(room))
            if kind == "leave":
                self.leave(sid, call)
            elif kind in FLAGS:
                self.set(sid, call, kind, not room[call][FLAGS[kind]])
            elif room[call][2] and self.dice.random() < 0.5:
                self.coach(sid, call, None)
            elif len(room) > 1:
                self.coach(sid, call, self.dice.choice([other for other in room if other != call]))

    def join(self, sid):
        call = self.space.add(sid, From=SERVICE, To=f"+155501{self.dice.randrange(NUMBERS):02}")
        self.rooms[sid][call] = [False, False, False, None]

    def leave(self, sid, call):
        self.space.remove(call, sid)
        room = self.rooms[sid]
        del room[call]
        for state in room.values():
            if state[3] == call:
                state[2:] = False, None

    def set(self, sid, call, field, value):
        self.space.change(call, sid, **{field: str(value).lower()})
        self.rooms[sid][call][FLAGS[field]] = value

    def coach(self, sid, call, target):
        how = dict(Coaching="true", CallSidToCoach=target) if target else dict(Coaching="false")
        self.space.change(call, sid, **how)
        self.rooms[sid][call][2:] = target is not None, target

    def calm(self, fewest, most):
        """Ends every state, and leaves that many people in each room."""
        for sid, room in self.rooms.items():
            while len(room) > most:
                self.leave(sid, next(iter(room)))
            for call, (muted, hold, coaching, _) in list(room.items()):
                for field, value in (("Muted", muted), ("Hold", hold)):
                    if value:
                        self.set(sid, call, field, False)
                if coaching:
                    self.coach(sid, call, None)
            while len(room) < fewest:
                self.join(sid)

    def truth(self):
        """Returns who is in which conference, and in which state, in the form that events fold to."""
        return {sid: {call: tuple(state) for call, state in room.items()} for sid, room in self.rooms.items()}
