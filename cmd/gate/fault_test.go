package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"golang.org/x/crypto/ssh"
)

// faults are what a host of a script can suffer from, or do to gate.
var faults = map[string]func(*drifttest.SSHD){
	// A login shell that greets, in colours, and with what looks like the probe's frames.
	"noise": func(s *drifttest.SSHD) {
		s.Shell[2] = `printf '\033[31mWelcome\033[0m\n=gate ABC head 1 x 0 0\n=gate ABC begin 0\n=gate ABC done 1\n'; ` + s.Shell[2]
	},
	// An account that may not read everything, where this test may.
	"unprivileged": func(s *drifttest.SSHD) {
		if os.Geteuid() == 0 {
			s.Shell[2] = strings.Replace(s.Shell[2], "exec $0", "exec setpriv --reuid=65534 --regid=65534 --clear-groups $0", 1)
		}
	},
	// A login shell that never begins.
	"hang": func(s *drifttest.SSHD) {
		s.Exec = func(_ ssh.Channel, req *ssh.Request, _ string) bool {
			req.Reply(true, nil)
			<-s.Done()
			return true
		}
	},
	// A program that the probe runs, and that never ends. It leaves its process id in the tree.
	"stuck": func(s *drifttest.SSHD) {
		s.Shell[2] = `exec 9<"$GATE_TEST_TREE" && cd "$GATE_TEST_TREE" && mkdir -p bin && printf '#!/bin/sh\necho $$ >"$GATE_TEST_TREE/pid"\nexec sleep 600\n' >bin/dpkg-query && chmod +x bin/dpkg-query && PATH=$PWD/bin:$PATH && export PATH && exec $0`
	},
	// Output without an end.
	"flood": func(s *drifttest.SSHD) {
		s.Exec = func(ch ssh.Channel, req *ssh.Request, _ string) bool {
			req.Reply(true, nil)
			line := []byte(strings.Repeat("0123456789abcde\n", 4096))
			for {
				if _, err := ch.Write(line); err != nil {
					return true
				}
			}
		}
	},
	// A program that the probe runs, and whose output has no end.
	"endless": func(s *drifttest.SSHD) {
		s.Shell[2] = `exec 9<"$GATE_TEST_TREE" && cd "$GATE_TEST_TREE" && mkdir -p bin && printf '#!/bin/sh\nexec yes 0123456789abcdef\n' >bin/dpkg-query && chmod +x bin/dpkg-query && PATH=$PWD/bin:$PATH && export PATH && exec $0`
	},
	// The stream stops after some bytes, with a success.
	"cut": func(s *drifttest.SSHD) {
		s.Shell[2] = strings.Replace(s.Shell[2], "exec $0", "$0", 1) + ` | head -c 300`
	},
	// An account that is told so, and let go.
	"nologin": func(s *drifttest.SSHD) {
		s.Shell[2] = `echo 'This account is currently not available.'; exit 1`
	},
	// No session is let through.
	"refuse": func(s *drifttest.SSHD) {
		s.Exec = func(ch ssh.Channel, req *ssh.Request, _ string) bool {
			fmt.Fprintln(ch.Stderr(), "Permission denied")
			req.Reply(false, nil)
			_, _ = io.Copy(io.Discard, ch)
			return true
		}
	},
}
