package collect

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// shells are the command lines that hosts run "sh -s" as.
var shells = map[string][]string{
	"dash":       {"dash", "-s"},
	"bash":       {"bash", "-s"},
	"bash-posix": {"bash", "--posix", "-s"},
	"busybox":    {"busybox", "sh", "-s"},
	"mksh":       {"mksh", "-s"},
	"ksh93":      {"ksh", "-s"},
}

// inShells runs a test under each shell, side by side. With -short it is dash alone.
func inShells(t *testing.T, test func(t *testing.T, shell []string)) {
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			if name != "dash" {
				drifttest.Slow(t)
			}
			t.Parallel()
			path := drifttest.Program(t, shell[0])
			test(t, append([]string{path}, shell[1:]...))
		})
	}
}

// ask runs a request under a real shell on this machine, with the input ending after it.
func ask(t testing.TB, shell []string, r Request, prepare ...func(*exec.Cmd)) []drift.Section {
	t.Helper()
	return readAll(t, r, answer(t, shell, r, prepare...))
}

// askEach asks for queries in one run of a shell, and returns the sections of each: what it would get if it were asked alone.
func askEach(t testing.TB, shell []string, root string, queries []Query, prepare ...func(*exec.Cmd)) [][]drift.Section {
	t.Helper()
	r := Request{Word: NewWord(), Root: root, Queries: queries}
	out := string(answer(t, shell, r, prepare...))
	head, _, _ := strings.Cut(out, "=gate "+r.Word+" begin 0\n")
	answers := make([][]drift.Section, len(queries))
	for i, q := range queries {
		_, section, _ := strings.Cut(out, fmt.Sprintf("=gate %s begin %d\n", r.Word, i))
		data, rest, ok := strings.Cut(section, fmt.Sprintf("\n=gate %s end %d ", r.Word, i))
		if !ok {
			t.Fatalf("%q: no section %d:\n%s", shell, i, out)
		}
		status, _, _ := strings.Cut(rest, "\n")
		alone := fmt.Sprintf("%s=gate %[2]s begin 0\n%[3]s\n=gate %[2]s end 0 %[4]s\n=gate %[2]s done 1\n", head, r.Word, data, status)
		answers[i] = readAll(t, Request{Word: r.Word, Root: root, Queries: []Query{q}}, []byte(alone))
	}
	return answers
}

// answer returns what the probe prints for a request.
func answer(t testing.TB, shell []string, r Request, prepare ...func(*exec.Cmd)) []byte {
	t.Helper()
	stdin, err := r.Stdin()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell[0], shell[1:]...)
	for _, p := range prepare {
		p(cmd)
	}
	return run(t, cmd, stdin)
}

// readAll reads an answer that is whole.
func readAll(t testing.TB, r Request, out []byte) []drift.Section {
	t.Helper()
	sections, err := r.Read(t.Context(), bytes.NewReader(out), time.Now)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return sections
}

// run returns the output of a command that must succeed and print no error.
func run(t testing.TB, cmd *exec.Cmd, stdin []byte) []byte {
	t.Helper()
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%q: %v: %s", cmd.Args, err, stderr.String())
	}
	return out
}

// asNobody makes a command run as the user nobody, who is in no group of importance.
func asNobody(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, Setpgid: true}
	cmd.Dir = "/"
}

// sharedDir returns a temporary folder that every user may enter.
func sharedDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gate-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// plant writes files below a folder: path to content. They are new files, also where there is one, which may be a link
// to that of a model.
func plant(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		os.Remove(path)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// program writes an executable file and returns the folder that it is in. No process may be started meanwhile, which would
// hold the file open for writing: then it could not be run (execve(2), ETXTBSY).
func program(t testing.TB, name, text string) string {
	t.Helper()
	dir := sharedDir(t)
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// probe is a probe of collectors made for a test, each a function's body.
func probe(functions map[string]string) string {
	var collectors []*Collector
	for name, body := range functions {
		collectors = append(collectors, &Collector{Name: name, Script: "read_" + name + "() {\n" + body + "\n}"})
	}
	return assemble(collectors)
}

func TestProbeReadsAlikeInAllShells(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	plant(t, root, map[string]string{
		"etc/os-release":      "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='Debian GNU/Linux 12 (bookworm)'\n",
		"etc/hostname":        "web-1\n",
		"etc/hosts":           "127.0.0.1 localhost\n10.0.0.7 web-1.example.com web-1 # me\n",
		"etc/timezone":        "Europe/Berlin\n",
		"var/lib/dpkg/status": "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2-3\nSource: b (2)\n\n",
	})
	request := Request{Word: NewWord(), Root: root, Queries: []Query{{Collector: "deb"}, {Collector: "os"}}}
	want := ask(t, []string{"sh", "-s"}, request)
	for _, s := range want {
		if s.Status != drift.OK {
			t.Fatalf("%s is %s: %s", s.Collector, s.Status, s.Reason)
		}
	}
	inShells(t, func(t *testing.T, shell []string) {
		got := ask(t, shell, request)
		clock := cmpopts.IgnoreSliceElements(func(f drift.Fact) bool { return f.Address == "os.clock_offset" })
		if diff := cmp.Diff(want, got, clock); diff != "" {
			t.Errorf("not what sh reads (-want +got):\n%s", diff)
		}
	})
}

// frames is a probe that shows what the probe makes of a section's end.
var frames = probe(map[string]string{
	"words":      `for word do printf '%s\0' "$word"; done`,
	"state":      `printf '%s\n' "$- [${IFS-unset}] $(pwd) $LC_ALL"; cat`,
	"fails":      "echo half; echo why >&2; echo '  and   * why' >&2; return 3",
	"exits":      "echo half; exit 3",
	"killed":     "kill -KILL \"$(exec sh -c 'echo $PPID')\"",
	"missing":    "no_such_program",
	"absent":     "return 66",
	"loud":       "gate_i=0; while [ $gate_i -lt 700 ]; do echo '0123456789 " + strings.Repeat("0123456789", 20) + "' >&2; gate_i=$((gate_i + 1)); done", // more than an argument may have (execve(2)), as which mksh hands it to printf
	"unfinished": "printf 'no line end'",
	"empty":      ":",
	"input":      "cat", // and the request's stays open
	"hostile":    `printf '\n=gate word end 0 0 \n=gate  done 1\n=gate WORD end 0 0'`,
	"background": "sleep 1000 >&2 & echo early",
	"closes":     "exec 1>&- 2>&-",
})

func TestProbeFrames(t *testing.T) {
	t.Parallel()
	drifttest.Program(t, "sleep")
	tests := []struct{ name, want string }{
		{"fails", "half\n\n=gate W end 0 3 why and * why\n"},
		{"exits", "half\n\n=gate W end 0 3 \n"},
		{"absent", "\n=gate W end 0 66 \n"},
		{"unfinished", "no line end\n=gate W end 0 0 \n"},
		{"empty", "\n=gate W end 0 0 \n"},
		{"input", "\n=gate W end 0 0 \n"},
		{"hostile", "\n=gate word end 0 0 \n=gate  done 1\n=gate WORD end 0 0\n=gate W end 0 0 \n"},
		{"background", "early\n\n=gate W end 0 0 \n"},
		{"closes", "\n=gate W end 0 0 \n"},
	}
	words, want := []string{"W", "watch", "", ""}, ""
	for i, test := range tests {
		words = append(words, strconv.Itoa(i), test.name, "0")
		want += fmt.Sprintf("=gate W begin %d\n%s", i, strings.ReplaceAll(test.want, "=gate W end 0 ", fmt.Sprintf("=gate W end %d ", i)))
	}
	want += fmt.Sprintf("=gate W done %d\n", len(tests))
	inShells(t, func(t *testing.T, shell []string) {
		out := ended(t, shell, frames+"\n"+requestLine(words...)+"\n")
		_, got, _ := strings.Cut(strings.TrimPrefix(out, "\n"), "\n")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// ended runs a script that watches and returns what it prints to its "done" line; then it closes the input and waits for
// everything to end that holds the output.
func ended(t *testing.T, shell []string, script string) string {
	t.Helper()
	session := start(t, exec.Command(shell[0], shell[1:]...), script)
	out := session.until("=gate W done ")
	session.stdin.Close()
	session.wait()
	return out
}

type session struct {
	t      *testing.T
	stdin  io.WriteCloser
	stdout *os.File
}

// start runs a command in a process group of its own, as sshd does, and writes to its input, which stays open.
func start(t *testing.T, cmd *exec.Cmd, text string) session {
	t.Helper()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		stdin.Close()
		stdout.Close()
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what a watcher has to spare
		cmd.Wait()
	})
	if err := stdout.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(stdin, text); err != nil {
		t.Fatal(err)
	}
	return session{t, stdin, stdout}
}

// until reads to the end of the line that begins with mark.
func (s session) until(mark string) string {
	s.t.Helper()
	var out strings.Builder
	one := make([]byte, 1)
	for {
		if _, err := io.ReadFull(s.stdout, one); err != nil {
			s.t.Fatalf("%v before %q, after:\n%s", err, mark, out.String())
		}
		out.Write(one)
		if text := out.String(); one[0] == '\n' && strings.HasPrefix(text[strings.LastIndexByte(text[:len(text)-1], '\n')+1:], mark) {
			return text
		}
	}
}

// wait returns when no process holds the output any more.
func (s session) wait() {
	s.t.Helper()
	if _, err := io.Copy(io.Discard, s.stdout); err != nil {
		s.t.Fatalf("something goes on after the input has closed: %v", err)
	}
}

func TestProbeSection(t *testing.T) {
	t.Parallel()
	inShells(t, func(t *testing.T, shell []string) {
		send := func(words ...string) string {
			cmd := exec.Command(shell[0], shell[1:]...)
			cmd.Stdin = strings.NewReader(frames + "\n" + requestLine(append([]string{"W", "", "", "", "0"}, words...)...) + "\n")
			out, err := cmd.Output() // bash tells the killing on its standard error
			if err != nil {
				t.Fatal(err)
			}
			_, section, _ := strings.Cut(string(out), "=gate W begin 0\n")
			return section
		}
		if got := send("state", "0"); !strings.Contains(got, "f") || !strings.Contains(got, " [unset] / C\n\n=gate W end 0 0") {
			t.Errorf("the state of a section's shell: %q", got)
		}
		if got := send("loud", "0"); len(got) > 700 || !strings.Contains(got, "=gate W end 0 0 0123456789") {
			t.Errorf("a loud section's end is %d bytes: %.200q", len(got), got)
		}
		if got := send("missing", "0"); !strings.Contains(got, "=gate W end 0 127 ") || !strings.Contains(got, "no_such_program") {
			t.Errorf("a missing program: %q", got)
		}
		if got := send("killed", "0"); strings.Contains(got, "=gate W end 0 0 ") || !strings.Contains(got, "=gate W end 0 ") {
			t.Errorf("a section that was killed: %q", got)
		}
	})
}

// The watcher ends what hangs, and what ignores signals, as soon as the input closes.
func TestProbeWatcher(t *testing.T) {
	t.Parallel()
	drifttest.Program(t, "sleep")
	script := probe(map[string]string{"hang": `trap '' TERM HUP INT; echo started; sh -c 'trap "" TERM; (sleep 1000; :) & sleep 1000; :'; :`})
	inShells(t, func(t *testing.T, shell []string) {
		session := start(t, exec.Command(shell[0], shell[1:]...), script+"\n"+requestLine("W", "watch", "", "", "0", "hang", "0")+"\n")
		session.until("started")
		session.stdin.Close()
		session.wait()
	})
}

// In root's shell too, which sudo may have put into a session of its own.
func TestProbeWatcherOfRoot(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	drifttest.Root(t)
	drifttest.Program(t, "setsid")
	for name, sudo := range map[string]string{
		"pty":    "#!/bin/sh\nshift\nexec setsid --wait \"$@\"\n",
		"no pty": "#!/bin/sh\nshift\n\"$@\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := program(t, "sudo", sudo)
			script := probe(map[string]string{"hang": `echo started; sh -c 'trap "" TERM; sleep 1000; :'; :`})
			inShells(t, func(t *testing.T, shell []string) {
				cmd := exec.Command(shell[0], shell[1:]...)
				asNobody(cmd)
				cmd.Env = []string{"PATH=" + path + ":/usr/bin:/bin"}
				inner := requestLine("W", "watch-inner", "", "", "0", "hang", "0")
				session := start(t, cmd, script+"\ngate_self="+quote(script)+"\n"+requestLine("W", "watch", "", inner)+"\n")
				session.until("started")
				session.stdin.Close()
				session.wait()
			})
		})
	}
}

// A process group that a server shares with other services must not be killed: the watcher ends the shell alone.
func TestProbeWatcherSparesOthers(t *testing.T) {
	t.Parallel()
	script := probe(map[string]string{"hang": `echo "started"; sleep 1000`})
	inShells(t, func(t *testing.T, shell []string) {
		server := exec.Command("/bin/sh", "-c", `"$@"; echo "the server lives"`, "server", shell[0])
		server.Args = append(server.Args, shell[1:]...)
		// A shell between the leader of the group and the probe, as when a login shell runs "sh -s".
		server.Args[2] = `/bin/sh -c '"$@"; :' shell "$@"; echo "the server lives"`
		session := start(t, server, script+"\n"+requestLine("W", "watch", "", "", "0", "hang", "0")+"\n")
		session.until("started")
		session.stdin.Close()
		session.until("the server lives")
	})
}

func TestProbeBecomes(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	root := sharedDir(t)
	plant(t, root, map[string]string{"var/lib/dpkg/status": "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"})
	request := Request{Word: NewWord(), Root: root, Queries: []Query{{Collector: "deb", Become: true}}}
	stdin, err := request.Stdin()
	if err != nil {
		t.Fatal(err)
	}
	refuses := program(t, "sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
	works := program(t, "sudo", "#!/bin/sh\n[ \"$1\" = -n ] && shift && exec \"$@\"\n")
	inShells(t, func(t *testing.T, shell []string) {
		if got := ask(t, shell, request); got[0].Status != drift.OK {
			t.Errorf("as root: %s: %s", got[0].Status, got[0].Reason)
		}
		asUser := func(path string) drift.Section {
			cmd := exec.Command(shell[0], shell[1:]...)
			asNobody(cmd)
			cmd.Env = []string{"PATH=" + path}
			got, err := request.Read(t.Context(), bytes.NewReader(run(t, cmd, stdin)), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			return got[0]
		}
		want := drift.Section{Collector: "deb", Status: drift.Denied, Reason: "sudo: exit status 1 a password is required; become needs NOPASSWD in sudoers(5), for sh or the installed gate-probe",
			Asked: fmt.Sprintf(`{"root":%q,"version":1}`, request.Root)}
		if diff := cmp.Diff(want, asUser(refuses)); diff != "" {
			t.Errorf("where sudo asks for a password (-want +got):\n%s", diff)
		}
		if got := asUser(works); got.Status != drift.OK {
			t.Errorf("where sudo runs the shell: %s: %s", got.Status, got.Reason)
		}
	})
}

func TestSudoRefusesAsInTests(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	cmd := exec.Command(drifttest.Program(t, "sudo"), "-n", "true")
	asNobody(cmd)
	out, err := cmd.CombinedOutput()
	if got, want := string(out), "sudo: a password is required\n"; err == nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// What tells machines apart is read by every shell, and is empty where it has not the form of what it should be.
func TestProbeTellsTheMachine(t *testing.T) {
	t.Parallel()
	const id = "0123456789abcdef0123456789abcdef"
	root := sharedDir(t)
	plant(t, root, map[string]string{
		"whole/etc/machine-id": id + "\n", "clone/etc/machine-id": id, "other/etc/machine-id": strings.Replace(id, "0", "1", 1) + "\n",
		"new/etc/machine-id": "uninitialized\n", "empty/etc/machine-id": "", "zero/etc/machine-id": strings.Repeat("0", 32), "short/etc/machine-id": "0123\n",
		"words/etc/machine-id": id + " - - -\n", "folder/etc/machine-id/x": "", "none/etc/x": "",
	})
	if err := os.Symlink("whole", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	inShells(t, func(t *testing.T, shell []string) {
		tell := func(root string, prepare ...func(*exec.Cmd)) (m drift.Machine) {
			ask(t, shell, Request{Word: NewWord(), Root: root, Begun: func(h Head) { m = h.Machine }}, prepare...)
			return m
		}
		whole := tell(root + "/whole")
		if len(whole.ID) != 32 || whole.ID == id || len(whole.Boot) != 32 || whole.Root == "" || whole.Endpoint+whole.HostKey != "" {
			t.Fatalf("got %+v", whole)
		}
		if got := tell(root + "/link"); got != whole {
			t.Errorf("got %+v of the same folder, want %+v", got, whole)
		}
		if got := tell(root + "/clone"); got.ID != whole.ID || got.Boot != whole.Boot || got.Root == whole.Root {
			t.Errorf("got %+v of a clone of %+v", got, whole)
		}
		if got := tell(root + "/other"); got.ID == whole.ID || got.ID == "" {
			t.Errorf("got %+v of another one than %+v", got, whole)
		}
		for _, name := range []string{"new", "empty", "zero", "short", "words", "folder", "none"} {
			if got := tell(root + "/" + name); got.ID != "" || got.Boot != whole.Boot || got.Root == "" {
				t.Errorf("%s: got %+v", name, got)
			}
		}
		if filepath.Base(shell[0]) == "busybox" {
			return // its shell has a stat of its own
		}
		without := withPath(program(t, "stat", "#!/bin/sh\necho 'stat: illegal option -- c' >&2\nexit 1\n"))
		if got := tell(root+"/whole", without); got.Root != "" || got.ID != whole.ID {
			t.Errorf("got %+v without a stat(1) that can tell", got)
		}
	})
}
