"""Runs commands in a container with docker-py, whose reader of an answer's head keeps what comes along with it."""
import sys

import docker

client = docker.DockerClient(base_url="unix://" + sys.argv[1])
container = client.containers.get(sys.argv[2])
wrong = []
for number in range(int(sys.argv[3])):
    tty = number % 5 == 0
    expected = ("hello %d" % number).encode() + (b"\r\n" if tty else b"\n")
    if number % 2:
        out = container.exec_run(["echo", "hello %d" % number], tty=tty).output
    else:
        stream = container.exec_run(["echo", "hello %d" % number], tty=tty, stream=True).output
        out = b"".join(stream)
    if out != expected:
        wrong.append((number, out))
print(len(wrong), wrong[:3])
