"""The providers' official clients, connected to a simulated space. Each is imported only when it is used."""

import types


def connect(name, space):
    if name == "telnyx":
        return Telnyx(space)
    if name == "signalwire":
        from signalwire.rest import Client

        client = Client(space.project, space.token, signalwire_space_url="example.signalwire.com")
    else:
        from twilio.rest import Client

        client = Client(space.project, space.token)
    client.api.base_url = space.origin
    return client


class Telnyx:
    """Telnyx's client with the interface of the other two."""

    def __init__(self, space):
        from telnyx import Telnyx as Client

        self.account = {"account_sid": space.project}
        accounts = Client(api_key=space.token, base_url=space.origin + "/v2", max_retries=0).texml.accounts
        self.resource = accounts.conferences
        self.call = lambda sid: accounts.calls.retrieve(sid, **self.account)

    def conferences(self, sid):
        resource, account = self.resource, self.account
        people, place = resource.participants, {**account, "conference_sid": sid}
        one = lambda call: types.SimpleNamespace(
            update=lambda **fields: people.update(call, **place, **fields),
            delete=lambda: people.delete(call, **place),
        )
        # Callable as well as a list, like those of the other clients.
        one.list = lambda **_: people.retrieve_participants(sid, **account).participants
        one.create = lambda **fields: people.participants(sid, **account, **fields)
        return types.SimpleNamespace(participants=one, update=lambda **fields: resource.update(sid, **account, **fields))

    def listed(self, **filters):
        return self.resource.retrieve_conferences(**self.account, **filters).conferences
