"""`python3 listens.py PORT`: exit code 0 where somebody listens on that port of this container."""

import socket
import sys

socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2).close()
