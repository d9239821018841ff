"""Runs of the command, with their output. Standard library only."""

import json, os, signal, subprocess, threading
from kit.fake_space import PROJECT, TOKEN
from kit.waiting import until


class Run:
    """One run of the command, whose output is read continuously."""

    def __init__(self, rollcall, arguments, space=None, token=TOKEN, origin=None, wrapper=(), reads=True, user=None,
                 project=PROJECT):
        environment = {"PATH": os.environ["PATH"], "SIGNALWIRE_PROJECT_ID": project, "SIGNALWIRE_API_TOKEN": token,
                       "SIGNALWIRE_SPACE": origin or (space.origin if space else "http://127.0.0.1:9")}
        self.process = subprocess.Popen([*wrapper, rollcall, *arguments], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, user=user)
        self.out, self.err = bytearray(), bytearray()
        self.threads = [threading.Thread(target=self.read, args=(self.process.stderr, self.err), daemon=True)]
        if reads:
            self.threads.append(threading.Thread(target=self.read, args=(self.process.stdout, self.out), daemon=True))
        for thread in self.threads:
            thread.start()

    @staticmethod
    def read(stream, into):
        while data := os.read(stream.fileno(), 65536):
            into += data

    def kill(self):
        self.process.kill()
        return self.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds=60):
        code = self.process.wait(seconds)
        for thread in self.threads:
            thread.join()
        return code

    def until(self, condition, seconds=20):
        return until(lambda: condition(self), seconds)

    @property
    def lines(self):
        return bytes(self.out).split(b"\n")[:-1]

    @property
    def types(self):
        return [json.loads(line)["type"] for line in self.lines]

    @property
    def errors(self):
        return self.err.decode().strip().splitlines()


def run(rollcall, arguments, space=None, **how):
    process = Run(rollcall, arguments, space, **how)
    process.code = process.wait()
    return process
