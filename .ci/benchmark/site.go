package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// collectorNames are the collectors that are measured, with what collect says for each.
var collectorNames = []string{"command", "deb", "file", "os", "python", "revision", "service"}

// site is the servers, and the files that clients need to reach them.
type site struct {
	dir, gate, user string
	collectors      []string
	servers         []*sshd
	env             []string // of all clients
	temporary       bool
	sockets         int
}

// newSite starts four servers, all of this machine, and writes keys, configuration and policy for them. The site is to
// be closed also after an error.
func newSite(ctx context.Context, gate, keep string, collectors []string) (*site, error) {
	s := &site{dir: keep, collectors: collectors, temporary: keep == ""}
	var err error
	if s.gate, err = filepath.Abs(gate); err != nil {
		return nil, err
	}
	if s.temporary {
		s.dir, err = os.MkdirTemp("", "bench")
	} else {
		s.dir, err = filepath.Abs(keep)
		err = errors.Join(err, os.MkdirAll(s.dir, 0o700))
	}
	if err != nil {
		return nil, err
	}
	u, err := user.Current()
	if err != nil {
		return s, err
	}
	s.user = u.Username
	s.env = append(os.Environ(), "HOME="+s.dir, "XDG_CACHE_HOME="+s.dir+"/cache", "SSH_AUTH_SOCK=", "LC_ALL=C.UTF-8",
		"GATE_DIGEST_KEY=YmVuY2htYXJrIGJlbmNobWFyayBiZW5jaG1hcmsgMDA=")
	if os.Geteuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // sshd's privilege separation wants it
			return s, err
		}
	}
	if err := keygen(s.file("id")); err != nil {
		return s, err
	}
	for i := range 4 {
		server, err := startSSHD(ctx, s.dir, fmt.Sprintf("bench-%d", i+1))
		if server != nil {
			s.servers = append(s.servers, server)
		}
		if err != nil {
			return s, err
		}
	}
	if err := s.writeClientFiles(); err != nil {
		return s, err
	}
	if err := s.writePolicy(); err != nil {
		return s, err
	}
	return s, s.writeScript()
}

func (s *site) close() {
	for _, server := range s.servers {
		server.close()
	}
	if s.temporary {
		os.RemoveAll(s.dir)
	}
}

// file returns a path in the site's folder.
func (s *site) file(name string) string { return filepath.Join(s.dir, name) }

// writeClientFiles writes known_hosts and an ssh configuration, which every client is given.
func (s *site) writeClientFiles() error {
	config := fmt.Sprintf("User %s\nIdentityFile %s\nIdentitiesOnly yes\nUserKnownHostsFile %s\nGlobalKnownHostsFile none\nHostName 127.0.0.1\n",
		s.user, s.file("id"), s.file("known_hosts"))
	known := ""
	for _, server := range s.servers {
		key, err := os.ReadFile(server.hostKey)
		if err != nil {
			return err
		}
		known += fmt.Sprintf("[127.0.0.1]:%d %s", server.port, key)
		config += fmt.Sprintf("Host *-%s\n  Port %d\n", server.name, server.port)
	}
	return errors.Join(os.WriteFile(s.file("known_hosts"), []byte(known), 0o600), os.WriteFile(s.file("ssh_config"), []byte(config), 0o600))
}

// writePolicy writes a policy that reads this machine: once, from four servers, and from two that are compared. A server
// has a name in each environment, since a host is in one environment alone.
func (s *site) writePolicy() error {
	var b bytes.Buffer
	environment := func(name, from string, servers ...*sshd) {
		var names []string
		for _, server := range servers {
			names = append(names, fmt.Sprintf("%q", name+"-"+server.name))
		}
		fmt.Fprintf(&b, "environment %q {\n  ssh {\n    config = %q\n  }\n  role \"web\" {\n    hosts = [%s]\n  }\n", name, s.file("ssh_config"), strings.Join(names, ", "))
		if from != "" {
			fmt.Fprintf(&b, "  promotion {\n    from = [%q]\n  }\n", from)
		}
		fmt.Fprintf(&b, "}\n")
	}
	environment("one", "", s.servers[0])
	environment("four", "", s.servers...)
	environment("staging", "", s.servers[0])
	environment("production", "staging", s.servers[1])
	for _, name := range s.collectors {
		body, err := s.collect(name)
		if err != nil {
			return err
		}
		b.WriteString(body)
	}
	return os.WriteFile(s.file("gate.hcl"), b.Bytes(), 0o600)
}

// collect makes what a collector reads, and returns its block.
func (s *site) collect(name string) (string, error) {
	switch name {
	case "deb", "os":
		return fmt.Sprintf("collect %q {}\n", name), nil
	case "file":
		return "collect \"file\" {\n  paths = [\"/etc/**\"]\n}\n", nil
	case "command":
		return "collect \"command\" \"ssh\" {\n  run = \"ssh -V 2>&1\"\n}\n", nil
	case "python":
		venv := s.file("venv")
		if err := quietly(exec.Command("/usr/bin/python3", "-m", "venv", venv)); err != nil {
			return "", err
		}
		requirements := s.file("requirements.txt")
		if err := os.WriteFile(requirements, []byte("pip>=20\nsetuptools>=60\n"), 0o644); err != nil {
			return "", err
		}
		return fmt.Sprintf("collect \"python\" {\n  venvs        = [%q]\n  requirements = { %q = [%q] }\n}\n", venv, venv, requirements), nil
	case "revision":
		checkout := s.file("checkout")
		git := []string{"-c", "user.name=b", "-c", "user.email=b@example.invalid", "-C", checkout, "commit", "-q", "--allow-empty", "-m", "one"}
		return fmt.Sprintf("collect \"revision\" {\n  checkout = %q\n}\n", checkout),
			errors.Join(quietly(exec.Command("git", "init", "-q", checkout)), quietly(exec.Command("git", git...)))
	case "service":
		if _, err := os.Stat("/run/systemd/system"); err != nil {
			fmt.Println("service: left out, systemd does not run here")
			return "", nil
		}
		return "collect \"service\" {\n  units = [\"*.service\"]\n}\n", nil
	}
	return "", fmt.Errorf("-collect: no collector %q; there are %s", name, strings.Join(collectorNames, ", "))
}

// writeScript writes what gate sends to one host.
func (s *site) writeScript() error {
	cmd := s.command(s.gate, "probe", "--host", "one/web/one-"+s.servers[0].name, "--output", s.file("script"))
	return quietly(cmd)
}

// command is a client's command, run in the site's folder.
func (s *site) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

// describe says on what machine, and with what, this is measured.
func (s *site) describe(w io.Writer) {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	version, _ := exec.Command("ssh", "-V").CombinedOutput()
	packages, _ := exec.Command("sh", "-c", "dpkg-query -W | wc -l").Output()
	files, _ := exec.Command("sh", "-c", "find /etc -type f | wc -l").Output()
	script, _ := os.Stat(s.file("script"))
	fmt.Fprintf(w, "%d cores shared by clients and servers, Linux %s, %s, %s\n", runtime.NumCPU(),
		bytes.TrimSpace(kernel), bytes.TrimSpace(bytes.SplitN(version, []byte(","), 2)[0]), runtime.Version())
	fmt.Fprintf(w, "collectors: %s; %s packages, %s files in /etc; the script has %d bytes\n",
		strings.Join(slices.Sorted(slices.Values(s.collectors)), ", "), bytes.TrimSpace(packages), bytes.TrimSpace(files), script.Size())
}
