package collect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// hard is what a host may print for a query to make gate compute for longer than its size is worth.
type hard struct {
	name  string
	query Query
	text  func(size int) string
}

// repeated fills a text with a unit, in which "%" is a number.
func repeated(head, unit, tail string) func(size int) string {
	return func(size int) string { return drifttest.Fill(size, head, unit, tail) }
}

// halved has half of the one unit, and then half of the other.
func halved(head, first, second, tail string) func(size int) string {
	return func(size int) string {
		return drifttest.Fill(size, drifttest.Fill(size/2, head, first, ""), second, tail)
	}
}

// long has a text that is half of the whole between head and more.
func long(head, more, unit, tail string) func(size int) string {
	return func(size int) string {
		return drifttest.Fill(size, head+strings.Repeat("x", size/2)+more, unit, tail)
	}
}

// deep is a path of as many names as a path can have.
var deep = strings.Repeat("/a", maxPath/2)

// hardAnswers has for each reader what was hard once, or might be.
func hardAnswers() map[string][]hard {
	units := Query{Args: map[string]cty.Value{"units": cty.ListVal([]cty.Value{cty.StringVal("*"), cty.StringVal("a.service")})}}
	venv := Query{Args: map[string]cty.Value{
		"venvs":        cty.ListVal([]cty.Value{cty.StringVal("/v"), cty.StringVal("/w/*")}),
		"requirements": cty.MapVal(map[string]cty.Value{"/v": cty.ListVal([]cty.Value{cty.StringVal("/r")})}),
	}}
	revision := Query{Args: map[string]cty.Value{"checkout": cty.StringVal("/s"), "marker": cty.StringVal("/m")}}
	files := fileQuery("/** /etc/a")
	excluding := fileQuery("/**", "exclude", "*.local /b/** **/c")
	lines := Query{Args: map[string]cty.Value{"lines": cty.True}}
	dryRun := func(format string) Query {
		return Query{Label: "p", Args: map[string]cty.Value{"format": cty.StringVal(format), "complete": cty.StringVal("done"), "report": cty.StringVal("/report")}}
	}
	const ended = "\n=report 66\n=preview 0\n"
	const python = "system Linux 6.1 #1 x86_64\nvenv /v\ntarget /usr/bin/python3.11\ninterpreter ok\nown /v/lib/python3.11/site-packages\n"
	const one = "item a-1.dist-info\nmetadata \n= Name: a\n= Version: 1\n"
	const required = "file /r\n"
	return map[string][]hard{
		"command": {
			{"lines", lines, repeated("", "a\n", "")},
			{"empty lines", lines, repeated("", "\n", "")},
		},
		"deb": {
			{"packages", Query{}, repeated("", "a%\tx\t1\tinstall ok installed\ta\n", "end\n")},
			{"architectures", Query{}, repeated("", "a%\tx%\t1\tx ok y\t\n", "end\n")},
			{"one package", Query{}, repeated("", "a\tx\t1\tx ok y\t\n", "end\n")},
			{"removed packages", Query{}, repeated("", "a\t\t\tx ok not-installed\t\n", "end\n")},
			{"a long line", Query{}, repeated("", "x", "\nend\n")},
			{"tabs", Query{}, repeated("", "\t", "\nend\n")},
		},
		"discover": {
			{"files", Query{}, repeated("", "marker /a%\n", "end\n")},
			{"a deep one", Query{}, repeated("marker ", "/a", "\nend\n")},
		},
		"file": {
			{"files", files, repeated("root \n", "s 81a4 1 1 1 1:root:root:/etc/a%\n", "data\n\nend\n")},
			{"a long path", files, repeated("root \ns 81a4 10 1 1 1:root:root:", "/a", "\ndata\n\nend\n")},
			{"deep paths", files, repeated("root \nat /\nreal /\nabove 41ed /\n", "s 81a4 1 1 1 1:root:root:"+deep[:maxPath-8]+"/%\n", "data\n\nend\n")},
			{"deep paths, some left out", excluding, repeated("root \nat /\nreal /\nabove 41ed /\n", "s 81a4 1 1 1 1:root:root:"+deep[:maxPath-8]+"/%\n", "data\n\nend\n")},
			{"folders above", files, repeated("root \nat /\n", "real "+deep+"\n", "data\n\nend\n")},
			{"a long folder", files, repeated("root \nat /\nreal ", "/a", "\ndata\n\nend\n")},
			{"refused", files, repeated("root \n", "refused find: /a%/b: Permission denied\n", "data\n\nend\n")},
			{"refused, in quotes", files, repeated("root \n", "refused find: '/a\\n%': Permission denied\n", "data\n\nend\n")},
			{"refused, deep", files, repeated("root \n", "refused find: "+deep[:maxPath-8]+"/%: Permission denied\n", "data\n\nend\n")},
			{"refused, without a name", files, repeated("root \n", "refused find: %\n", "data\n\nend\n")},
			{"closed", files, repeated("root \n", "closed /a/%\n", "data\n\nend\n")},
			{"complaints", files, repeated("root \n", "complaint %\n", "data\n\nend\n")},
			{"a long complaint", files, repeated("root \ncomplaint ", "x", "\ndata\n\nend\n")},
			{"links", files, repeated("root \n", "l 1 /% /% -> a\n", "data\n\nend\n")},
			{"links that are none", files, repeated("root \n", "l 5 x\n", "data\n\nend\n")},
			{"links of many words", files, repeated("root \n", "l 5"+strings.Repeat(" /a", maxPath/3)+"\n", "data\n\nend\n")},
			{"a link to empty lines", files, repeated("root \nl 4096 /a '/a' -> '", "\n", "data\n\nend\n")},
			{"a long link", files, repeated("root \nl 9999999 /a /a -> ", "x", "\ndata\n\nend\n")},
			{"odd names", files, repeated("root \n", "odd /a\n%\x00\n", "data\n\nend\n")},
			{"an odd name without an end", files, repeated("root \nodd /a", "\n", "data\n\nend\n")},
			{"digests", files, repeated("root \n", strings.Repeat("0", 64)+"  /a%\n", "data\n\nend\n")},
			{"escaped digests", files, repeated("root \n", "\\"+strings.Repeat("0", 64)+"  /a\\n%\n", "data\n\nend\n")},
			{"contents that are not there", files, repeated("root \n", "n 9 /a%\n"+strings.Repeat("0", 64)+"  /a%\n", "data\n\nend\n")},
			{"one content, asked for again and again", files, repeated("root \n", strings.Repeat("0", 64)+"  /a\nn 20 /a\n", "data\n"+strings.Repeat("x", 1000)+"\nend\n")},
			{"a file of entries", files, fileOfEntries("/etc/a", "[s]\n", "a%=1\n")},
			{"a file of entries with a long path", files, fileOfEntries("/etc"+strings.Repeat("/aaaaaaa", 500)+"/a.env", "", "A%=1\n")},
			{"a long line", files, repeated("root \n", "x", "\ndata\n\nend\n")},
		},
		"os": {
			{"addresses", Query{}, repeated("", "address6=2001%\n", "end\n")},
			{"one address", Query{}, repeated("", "address=10.0.0.1\n", "end\n")},
			{"a long name", Query{}, repeated("hostname=", "a.", "\nend\n")},
			{"quotes", Query{}, repeated(`ID="`, `\"`, "\"\nend\n")},
		},
		"preview": {
			{"lines", dryRun("lines"), repeated("", "a%\n", "done"+ended)},
			{"one line", dryRun("lines"), repeated("", "a\n", "done"+ended)},
			{"a long line", dryRun("lines"), repeated("", "x y", "\ndone"+ended)},
			{"colours", dryRun("lines"), repeated("", "\x1b[0m", "\ndone"+ended)},
			{"messages", dryRun("lines"), repeated("done\n=report 66\n", "|a\n", "=preview 0\n")},
			{"a report", dryRun("lines"), repeated("done\n", "|- a\n", "=report 0\n=preview 0\n")},
			{"apt", dryRun("apt"), repeated("1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", "Inst a% [1] (2 x [y])\n", ended)},
			{"apt, one package", dryRun("apt"), repeated("1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", "Inst a [1] (% x)\n", ended)},
			{"apt, removals", dryRun("apt"), repeated("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", "Remv a% [1]\n", ended)},
			{"apt, summaries", dryRun("apt"), repeated("", "1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", ended)},
			{"apt, brackets", dryRun("apt"), repeated("Inst a ", "[", ended)},
			{"pip", dryRun("pip"), repeated(`{"version": "1", "install": [`, `{"metadata": {"name": "a%", "version": "1"}},`, `{"metadata": {"name": "b", "version": "1"}}]}`+ended)},
			{"pip, one package", dryRun("pip"), repeated(`{"version": "1", "install": [`, `{"metadata": {"name": "a", "version": "%"}},`, `{"metadata": {"name": "a", "version": "1"}}]}`+ended)},
			{"pip, brackets", dryRun("pip"), repeated(`{"version": "1", "install": `, "[", ended)},
			{"puppet", dryRun("puppet"), repeated("", "Notice: /Stage[main]/Main/File[/a%]/ensure: current_value absent, should be present (noop)\n", ended)},
			{"puppet, changes of one resource", dryRun("puppet"), repeated("", "Notice: /Stage[main]/Main/File[/a]/p%: current_value absent, should be present (noop)\n", ended)},
			{"puppet, a long message", dryRun("puppet"), repeated("Notice: a", "\nx", ended)},
			{"puppet, a long source", dryRun("puppet"), repeated("Notice: /Stage[main]", "/a", ": current_value x, should be y (noop)"+ended)},
			{"puppet, a source of brackets", dryRun("puppet"), repeated("Notice: /Stage[main]", "/A[x]", ": current_value x, should be y (noop)"+ended)},
			{"puppet, a source of open brackets", dryRun("puppet"), repeated("Notice: /Stage[main]", "/A[", ": current_value x, should be y (noop)"+ended)},
			{"puppet, a source without an end", dryRun("puppet"), repeated("Notice: /Stage[main]", ": current_value ", ended)},
			{"puppet, a report", dryRun("puppet"), repeated("Applied catalog in 1\n|logs:\n", "|- {level: notice, message: a, source: /Stage[main]/A[a%]}\n", "=report 0\n=preview 0\n")},
		},
		"python": {
			{"environments", venv, repeated("system Linux 6.1 #1 x86_64\n", "venv /w/%\ninterpreter ok\n", "end\n")},
			{"a long path", venv, repeated("system Linux 6.1 #1 x86_64\nvenv ", "/a", "\nend\n")},
			{"packages", venv, repeated(python, "item a%-1.dist-info\nmetadata \n= Name: a%\n= Version: 1\n. \n", "end\n")},
			{"packages without metadata", venv, repeated(python, "item a%-1.dist-info\n", "end\n")},
			{"one package, again and again", venv, repeated(python, "item a-1.dist-info\nmetadata \n= Name: a\n= Version: %\n. \n", "end\n")},
			{"settings", venv, repeated(python, "config a% = b\n", "end\n")},
			{"scripts elsewhere", venv, repeated(python, "moved /a%\n", "end\n")},
			{"what may not be read", venv, repeated(python, "unread a%\n", "end\n")},
			{"sites", venv, repeated(python, "own /v/lib/python3.%/site-packages\n", "end\n")},
			{"leftovers", venv, repeated(python, "leftover ~a%\n", "end\n")},
			{"escapes", venv, repeated(python, "leftover \\n\\\\\n", "end\n")},
			{"a continued header", venv, repeated(python+one+"= Summary: a\n", "=  b\n", ". \nend\n")},
			{"names in metadata", venv, repeated(python+one, "= Name: b%\n", ". \nend\n")},
			{"requirements of a package", venv, repeated(python+one, "= Requires-Dist: b%\n", ". \nend\n")},
			{"requirements that are none", venv, repeated(python+one, "= Requires-Dist: =%\n", ". \nend\n")},
			{"requirements of one package by others", venv, repeated(python+one+". \n", "item b%-1.dist-info\nmetadata \n= Name: b%\n= Version: 1\n= Requires-Dist: a>2\n. \n", "end\n")},
			{"requirements of a package of a long version", venv, long(python+"item a-1.dist-info\nmetadata \n= Name: a\n= Version: 1.", "\n. \nitem b-1.dist-info\nmetadata \n= Name: b\n= Version: 1\n", "= Requires-Dist: a>2\n", ". \nend\n")},
			{"markers of a section", venv, func(size int) string {
				head := python + one + ". \nrequires \n= [:" + strings.Repeat("os_name=='x' or ", min(size/40, 900)) + "os_name=='x']\n"
				return drifttest.Fill(size, head, "= b\n", ". \nend\n")
			}},
			{"missing files", venv, repeated(python+"item a-1.dist-info\nrecord \n", "- a%,,\n", ". 1 1 0\nend\n")},
			{"requirement files", venv, repeated(python+required, "= a%==1\n", ". \nend\n")},
			{"paths in requirement files", venv, halved(python, "item a%-1.dist-info\norigin \n= {\"url\": \"file:///a%\", \"dir_info\": {}}\n. \n", "file /f%\n= ./x\n. \n", required+"= ./x\n. \nend\n")},
			{"includes", venv, repeated(python+"file /r\n= -r f0\n. \n", "file /f%\n= -r g\n= -r f%\n. \n", "end\n")},
			{"includes of includes", venv, func(size int) string {
				var b strings.Builder
				b.WriteString(python + "file /r\n= -r f0\n. \n")
				for i := 0; b.Len() < size; i++ {
					fmt.Fprintf(&b, "include /f%d\n= -r f%d\n. \n", i, i+1)
				}
				return b.String() + "end\n"
			}},
			{"extras", venv, func(size int) string {
				var extras []string
				for i := range min(size/40, 900) {
					extras = append(extras, fmt.Sprint("e", i))
				}
				head := python + required + "= a[" + strings.Join(extras, ",") + "]\n. \nvenv /v\nown /v/lib/python3.11/site-packages\ntarget /usr/bin/python3.11\ninterpreter ok\n" + one
				return drifttest.Fill(size, head, "= Requires-Dist: b; extra=='c'\n", ". \nend\n")
			}},
			{"extras of extras", venv, func(size int) string {
				var b strings.Builder
				b.WriteString(python + required + "= p0[x]\n. \nvenv /v\ntarget /usr/bin/python3.11\ninterpreter ok\nown /v/lib/python3.11/site-packages\n")
				for i := 0; b.Len() < size; i++ {
					fmt.Fprintf(&b, "item p%d-1.dist-info\nmetadata \n= Name: p%d\n= Version: 1\n= Requires-Dist: p%d[x]; extra=='x'\n. \n", i, i, i+1)
				}
				return b.String() + "end\n"
			}},
		},
		"revision": {
			{"tracked files", revision, repeated("=checkout\nstatus=0\ncommit=a\n", "tracked=H 100644 "+strings.Repeat("0", 40)+" 0\ta%\ndisk=F a%\nhash="+strings.Repeat("0", 40)+"\n", "=marker\nstatus=0\nend\n")},
			{"submodules", revision, repeated("=checkout\nstatus=0\ncommit=a\n", "module=a%\ncommit="+strings.Repeat("0", 40)+"\n", "=marker\nstatus=0\nend\n")},
			{"tracked submodules", revision, repeated("=checkout\nstatus=0\ncommit=a\n", "tracked=H 160000 "+strings.Repeat("0", 40)+" 0\ta%\ndisk=D a%\n", "=marker\nstatus=0\nend\n")},
			{"converted files", revision, repeated("=checkout\nstatus=0\ncommit=a\n", "tracked=H 100644 "+strings.Repeat("0", 40)+" 0\t\"a%\"\ndisk=F a%\nhash="+strings.Repeat("1", 40)+"\nconverted="+strings.Repeat("0", 40)+" a%\nsizes=1 1 a%\npointer=0 a%\nfilter=x a%\n", "=marker\nstatus=0\nend\n")},
			{"files that cannot be read", revision, repeated("=checkout\nstatus=0\n", "tracked=%\n", "=marker\nstatus=0\nend\n")},
			{"times", revision, repeated("=checkout\nstatus=0\n", "changed=%\n", "=marker\nstatus=0\nend\n")},
			{"a long marker", revision, repeated("=checkout\nstatus=0\n=marker\nstatus=0\nvalue=", "x", "\nend\n")},
			{"reasons", revision, repeated("=checkout\nstatus=1 ", "x", "\n=marker\nstatus=0\nend\n")},
		},
		"service": {
			{"units", units, repeated("=named\nId=a.service\nLoadState=loaded\nActiveState=active\n=matched\n", "Id=a%.service\nLoadState=loaded\nActiveState=active\n\n", "=files\n=processes\n=maps\nend\n")},
			{"names of a unit", units, repeated("=named\nId=a.service\nLoadState=loaded\nActiveState=active\n=matched\nId=a.service\nLoadState=loaded\nActiveState=active\nNames=", "b%.service ", "\n=files\n=processes\n=maps\nend\n")},
			{"names of a unit with drop-ins", units, func(size int) string {
				half := min(size/2, maxProperty-100)
				return drifttest.Fill(half, "=named\nId=a.service\nLoadState=loaded\nActiveState=active\n=matched\nId=a.service\nLoadState=loaded\nActiveState=active\nNames=", "b%.service ", "") +
					drifttest.Fill(half, "\nDropInPaths=", "/a% ", "\n=files\n=processes\n=maps\nend\n")
			}},
			{"drop-ins", units, repeated("=named\nId=a.service\nLoadState=loaded\nActiveState=active\nDropInPaths=", "/a% ", "\n=matched\n=files\n=processes\n=maps\nend\n")},
			{"quoted drop-ins", units, repeated("=named\nId=a.service\nLoadState=loaded\nActiveState=active\nDropInPaths=", `"a `, "\n=matched\n=files\n=processes\n=maps\nend\n")},
			{"properties", units, repeated("=named\nId=a.service\nLoadState=loaded\nActiveState=active\n", "A%=b\n", "=matched\n=files\n=processes\n=maps\nend\n")},
			{"files", units, repeated("=named\n=matched\n=files\n", "1 /a%\n", "=processes\n=maps\nend\n")},
			{"deep control groups", units, repeated("=named\n=matched\n=files\n=processes\n", "/sys/fs/cgroup"+deep[:maxPath-100]+"/%/cgroup.procs:%\n", "=maps\nend\n")},
			{"processes of a group that units share", units, halved("=named\nId=a.service\nLoadState=loaded\nActiveState=active\nControlGroup=/a\n=matched\n",
				"Id=a%.service\nLoadState=loaded\nActiveState=active\nSubState=running\nMainPID=1\nControlGroup=/a\n\n", "x", "\n=files\n=processes\n=maps\nend\n")},
			{"processes", units, func(size int) string {
				head := drifttest.Fill(size/2, "=named\nId=a.service\nLoadState=loaded\nActiveState=active\nControlGroup=/a\n=matched\n", "Id=a%.service\nLoadState=loaded\nActiveState=active\nSubState=running\nMainPID=1\nControlGroup=/a\n\n", "")
				return drifttest.Fill(size, head+"=files\n=processes\n", "/sys/fs/cgroup/a/cgroup.procs:%\n", "=maps\nend\n")
			}},
			{"maps", units, repeated("=named\n=matched\n=files\n=processes\n=maps\n", "/proc/1/maps:7f r-xp /a% (deleted)\n", "end\n")},
		},
	}
}

// fileOfEntries is what a host prints of one file.
func fileOfEntries(path, head, unit string) func(size int) string {
	return func(size int) string {
		content := drifttest.Fill(size, head, unit, "")
		sum := sha256.Sum256([]byte(content))
		return fmt.Sprintf("root \ns 81a4 %d 1 1 1:root:root:%s\n%s  %s\na 81a4 %d 1 1 1:%s\nn %d %s\ndata\n%s\nend\n",
			len(content), path, hex.EncodeToString(sum[:]), path, len(content), path, len(content), path, content)
	}
}

// TestParsersAreLinear parses answers that are hard, for every reader: one that is new is missed here.
func TestParsersAreLinear(t *testing.T) {
	drifttest.Slow(t)
	size := 128 << 10
	if drifttest.Thorough() {
		size = 2 << 20
	}
	answers := hardAnswers()
	for _, c := range readers() {
		if len(answers[c.Name]) == 0 {
			t.Errorf("nothing here is hard for the reader %q", c.Name)
		}
		for _, hard := range answers[c.Name] {
			t.Run(c.Name+"/"+strings.ReplaceAll(hard.name, " ", "_"), func(t *testing.T) {
				hard.query.Collector = c.Name
				drifttest.Linear(t, hard.text, size, 64, func(text string) any {
					return Frame{Query: hard.query, Head: Head{Time: time.Unix(1, 0)}, Data: []byte(text)}.parse()
				})
			})
		}
	}
}

// The frames themselves.
func TestReadIsLinear(t *testing.T) {
	size := 256 << 10
	if drifttest.Thorough() {
		size = 4 << 20
	}
	r := Request{Word: NewWord(), Queries: []Query{{Collector: "deb"}, {Collector: "os", Become: true}}}
	head := "=gate " + r.Word + " head 1 " + digest() + " 1 0 - - -\n"
	begun := head + "=gate " + r.Word + " begin 0\n"
	for _, hard := range []hard{
		{name: "noise", text: repeated("", "x\n", head)},
		{name: "a line of noise", text: repeated("", "x", "\n"+head)},
		{name: "marks in noise", text: repeated("", "=gate x head\n", head)},
		{name: "empty lines between sections", text: repeated(head, "\n", "")},
		{name: "root's shells", text: repeated(head, "=gate "+r.Word+" root 1 1 sudo: x\n", "")},
		{name: "a section of empty lines", text: repeated(begun, "\n", "")},
		{name: "marks in a section", text: repeated(begun, "=gate "+r.Word+" begin 1\n", "")},
		{name: "a long message", text: repeated(begun+"\n=gate "+r.Word+" end 0 1 ", "x", "\n")},
		{name: "a long line", text: repeated(begun, "x", "\n=gate "+r.Word+" end 0 1\n")},
	} {
		t.Run(strings.ReplaceAll(hard.name, " ", "_"), func(t *testing.T) {
			drifttest.Linear(t, hard.text, size, 16, func(text string) any {
				sections, err := r.Read(t.Context(), strings.NewReader(text), time.Now)
				return []any{sections, err}
			})
		})
	}
}

// A path that is longer than any can be fails the answer, wherever it stands.
func TestLongPaths(t *testing.T) {
	q := fileQuery("/**")
	q.Collector = "file"
	long := deep[:maxPath] + "a"
	for _, line := range []string{
		"s 81a4 1 1 1 1:root:root:%\n", "a 81a4 1 1 1 1:%\n", "n 1 %\n", "closed %\n", "odd %\x00\n", "follow 81a4 1 %\n", "refused find: %: Permission denied\n",
		strings.Repeat("0", 64) + "  %\n", "l 1 % % -> a\n",
	} {
		for path, want := range map[string]bool{deep[:maxPath]: true, long: false} {
			text := "root \n" + strings.ReplaceAll(line, "%", path) + "data\n\nend\n"
			_, err := readFiles([]byte(text))
			if (err == nil) != want || err != nil && !strings.Contains(err.Error(), "4096") {
				t.Errorf("%.20q with a path of %d bytes: %.200v", line, len(path), err)
			}
		}
	}
}

// The markers and extras of a host may ask for so many comparisons, and requirements files for so many others.
func TestPythonAsksForTooMuch(t *testing.T) {
	const begin = "system Linux 6.1 #1 x86_64\nvenv /v\ntarget /usr/bin/python3.11\ninterpreter ok\nown /v/lib/python3.11/site-packages\nitem a-1.dist-info\nmetadata \n= Name: a\n= Version: 1\n. \n"
	marker := strings.Repeat("os_name=='x' or ", 900) + "os_name=='x'"
	chain := "file /r\n= -r f0\n. \n"
	for i := range maxIncludes + 10 {
		chain += fmt.Sprintf("include /f%d\n= -r f%d\n. \n", i, i+1)
	}
	q := Query{Collector: "python", Args: map[string]cty.Value{
		"requirements": cty.MapVal(map[string]cty.Value{"/v": cty.ListVal([]cty.Value{cty.StringVal("/r")})}),
	}}
	for name, test := range map[string]struct{ text, at, want string }{
		"few":      {begin + "requires \n= [:" + marker + "]\n" + strings.Repeat("= b\n", 10) + ". \nend\n", `.unmet["a"]`, ""},
		"many":     {begin + "requires \n= [:" + marker + "]\n" + strings.Repeat("= b\n", 1000) + ". \nend\n", `.unmet["a"]`, "whether it needs b"},
		"includes": {begin + chain + "end\n", `.requirements["/r"]["/f98:1"]`, "f99: it is included by more than 100 files"},
	} {
		h := drift.Host{Sections: Frame{Query: q, Data: []byte(test.text)}.parse()}
		got := h.Lookup(drift.Address("python").Key("/v") + drift.Address(test.at))
		if want := drift.Unknown; test.want != "" && (got.Kind != want || !strings.Contains(got.Text, test.want)) || test.want == "" && got.Kind == want {
			t.Errorf("%s: kind %d, %.200s, want %s", name, got.Kind, got.Text, test.want)
		}
	}
}

// No reason is as long as what a host says.
func TestReasonsAreShort(t *testing.T) {
	drifttest.Slow(t)
	for _, c := range readers() {
		for _, hard := range hardAnswers()[c.Name] {
			hard.query.Collector = c.Name
			for _, s := range (Frame{Query: hard.query, Data: []byte(hard.text(32 << 10))}).parse() {
				if len(s.Reason) > maxReason+len("…") {
					t.Errorf("%s: %s: a reason of %d bytes", c.Name, hard.name, len(s.Reason))
				}
			}
		}
	}
}
