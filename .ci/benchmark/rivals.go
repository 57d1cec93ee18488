package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// rivals are what is measured. What is not installed is nil.
type rivals struct {
	gate, bare, ssh, ten, ansible *rival // read one host
	four, check                   *rival
}

func (r rivals) all() []*rival {
	list := []*rival{r.gate, r.bare, r.ssh, r.four, r.check, r.ten}
	if r.ansible != nil {
		list = append(list, r.ansible)
	}
	return list
}

// Exit statuses of gate. One file of /etc that cannot be read, or that changes between two readings, should not end a
// benchmark; the table says so.
const (
	blocked   = 1
	undecided = 3
)

func (s *site) rivals() (rivals, error) {
	self, err := os.Executable()
	if err != nil {
		return rivals{}, err
	}
	first := s.servers[0]
	one := func(name string, every int, command func() *exec.Cmd) *rival {
		return &rival{name: name, every: every, commands: []func() *exec.Cmd{command}}
	}
	snapshot := func(environment string) func() *exec.Cmd {
		return func() *exec.Cmd {
			return s.command(s.gate, "snapshot", "--to", environment, "--output", s.file(environment+".json"))
		}
	}
	r := rivals{
		gate: one("gate snapshot, one host", 1, snapshot("one")),
		bare: one("bare x/crypto client, same script", 1, func() *exec.Cmd {
			return s.command(self, "bare", "-user", s.user, "-address", first.address, "-identity", s.file("id"),
				"-host-key", first.hostKey, "-script", s.file("script"))
		}),
		ssh: one("ssh HOST sh -s, same script", 1, func() *exec.Cmd {
			return withStdin(s.ssh("sh -s"), s.file("script"))
		}),
		four: one("gate snapshot, four hosts", 1, snapshot("four")),
		check: one("gate check, one host against one", 2, func() *exec.Cmd {
			return s.command(s.gate, "check", "--to", "production", "--output", s.file("report"))
		}),
		ten: &rival{name: "ten ssh execs, one after the other", every: 4},
	}
	for _, line := range tenCommands {
		r.ten.commands = append(r.ten.commands, func() *exec.Cmd { return s.ssh(line) })
	}
	r.gate.allowed = []int{undecided}
	r.four.allowed = []int{undecided}
	r.check.allowed = []int{blocked, undecided}
	r.four.servers = s.servers
	r.ansible, err = s.ansible()
	return r, err
}

// ssh is OpenSSH's client, which runs a command on the first server.
func (s *site) ssh(command string) *exec.Cmd {
	return s.command("ssh", "-F", s.file("ssh_config"), "-o", "BatchMode=yes", "one-"+s.servers[0].name, command)
}

// tenCommands are what somebody would run by hand to learn the like.
var tenCommands = []string{
	"dpkg-query -W",
	"cat /etc/os-release",
	"uname -a",
	"hostname -f || hostname",
	"date +%s",
	"ls -l /etc",
	"find /etc -type f -exec sha256sum {} +",
	"dpkg --get-selections",
	"ls /usr/lib/python3/dist-packages",
	"systemctl list-units --all || service --status-all || true",
}

// ansible is a playbook of the three modules that read the like; nil where Ansible is not installed.
func (s *site) ansible() (*rival, error) {
	program, err := exec.LookPath("ansible-playbook")
	if err != nil {
		fmt.Println("Ansible: left out, it is not installed")
		return nil, nil
	}
	playbook := `
- hosts: all
  gather_facts: false
  tasks:
    - setup:
    - package_facts:
    - stat:
        path: /etc/os-release
`
	inventory := "one-" + s.servers[0].name + " ansible_python_interpreter=/usr/bin/python3\n"
	for name, text := range map[string]string{"playbook.yml": playbook, "inventory": inventory, "ansible.cfg": ""} {
		if err := os.WriteFile(s.file(name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	command := func() *exec.Cmd {
		cmd := s.command(program, "-i", s.file("inventory"), s.file("playbook.yml"))
		// Its fast settings, but no connection that an earlier run left open.
		cmd.Env = append(cmd.Env, "ANSIBLE_CONFIG="+s.file("ansible.cfg"), "ANSIBLE_PIPELINING=True", "ANSIBLE_NOCOLOR=1",
			"ANSIBLE_SSH_ARGS=-F "+s.file("ssh_config")+" -o ControlMaster=auto -o ControlPersist=60s -o ControlPath="+s.controlPath())
		return cmd
	}
	r := &rival{name: "ansible setup, package_facts, stat", every: 7, commands: []func() *exec.Cmd{command}}
	if out, err := command().CombinedOutput(); err != nil {
		fmt.Printf("Ansible: left out, it cannot read this machine: %s\n", lastLines(string(out), 3))
		return nil, nil
	}
	return r, nil
}

// controlPath returns a name for a socket that no run had yet.
func (s *site) controlPath() string {
	s.sockets++
	return fmt.Sprintf("%s/m%d", s.dir, s.sockets)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " / ")
}
