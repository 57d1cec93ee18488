package entries

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the wanted entries in testdata")

// TestParse reads each testdata/FORMAT/NAME.in. NAME.want.json has its entries, or a string: the error.
func TestParse(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.in")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]int{}
	for _, file := range files {
		format := filepath.Base(filepath.Dir(file))
		tested[format]++
		t.Run(format+"/"+filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := render(t, format, data)
			wantFile := strings.TrimSuffix(file, ".in") + ".want.json"
			if *update {
				if err := os.WriteFile(wantFile, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(got), string(want)); diff != "" {
				t.Errorf("got -, want +:\n%s", diff)
			}
		})
	}
	for _, f := range Formats() {
		if tested[f.Name] == 0 {
			t.Errorf("no testdata for the format %q", f.Name)
		}
	}
}

// render writes entries as a JSON object, an entry a line, or the error as a JSON string.
func render(t testing.TB, format string, data []byte) []byte {
	t.Helper()
	list, err := Parse(format, data)
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err != nil {
		if err := encoder.Encode(err.Error()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	b.WriteString("{\n")
	for i, e := range list {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString("  ")
		if err := encoder.Encode(e.Key); err != nil {
			t.Fatal(err)
		}
		b.Truncate(b.Len() - 1)
		b.WriteString(": " + e.Value.Text)
	}
	b.WriteString("\n}\n")
	if !json.Valid(b.Bytes()) {
		t.Fatalf("not JSON: %s", b.Bytes())
	}
	return b.Bytes()
}

func TestFormatsAreSorted(t *testing.T) {
	if !slices.IsSortedFunc(Formats(), func(a, b Format) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("Parse looks formats up by halving: they must be sorted")
	}
}

func TestParseUnknownFormat(t *testing.T) {
	if _, err := Parse("docx", nil); err == nil {
		t.Error("Parse knows docx")
	}
}

// TestNoise reads each testdata file once more with other line ends and a byte order mark.
func TestNoise(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.in")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		format := filepath.Base(filepath.Dir(file))
		noisy := append([]byte("\uFEFF"), bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))...)
		if diff := cmp.Diff(string(render(t, format, noisy)), string(render(t, format, data))); diff != "" {
			t.Errorf("%s: with noise -, without +:\n%s", file, diff)
		}
	}
}

// TestSame reads texts that say the same.
func TestSame(t *testing.T) {
	for _, test := range []struct{ name, format, a, b string }{
		{"order", "ini", "[a]\nx=1\ny=2\n[b]\nz=3\n", "[b]\nz = 3\n\n[a]\ny: 2\nx =   1  \n"},
		{"comments", "ini", "[a]\nx=1\n", "# c\n[a] ; c\n; c\n  # c\nx=1\n"},
		{"indentation", "ini", "[a]\nx=1\ny=2\n", "[a]\n  x=1\n  y=2\n"},
		{"style", "yaml", "a: {b: [1, two], c: 'x'}\n", "# c\n---\na:\n    c: \"x\" # c\n\n    b:\n    - 1\n    - two\n"},
		{"anchors", "yaml", "a: {x: 1}\nb: {x: 1, y: 2}\n", "a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n"},
		{"old booleans", "yaml", "a: yes\nb: Off\n", "a: true\nb: false\n"},
		{"numbers", "yaml", "a: 0x1F\nb: 1_000\nc: 0o17\nd: 017\n", "a: 31\nb: 1000\nc: 15\nd: 15\n"},
		{"style", "json", `{"a":[1,2],"b":{"c":null}}`, "{\n \"b\": {\"c\": null},\n \"a\": [ 1, 2 ]\n}\n"},
		{"escapes", "json", `{"a":"\u00e9\/"}`, `{"a":"é/"}`},
		{"style", "toml", "a.b = 1\n[c]\nd = 'x'\n", "c = {d = \"x\"}\n# c\n[a]\nb = 0x1\n"},
		{"order", "dotenv", "A=1\nB=two\n", "export B='two' # c\n\n#c\nA = \"1\"\n"},
		{"style", "properties", "a=1\nb=two words\n", "! c\nb : two \\\n   words\n   a   1\n"},
		{"style", "requirements", "Django == 4.2\nrequests[security]>=2,<3 ; python_version<'3.9'\n", "# c\nrequests[security] <3, >=2; python_version < \"3.9\"\ndjango==4.2  # c\n"},
		{"hashes", "requirements", "a==1 --hash=sha256:aa --hash=sha256:bb\n", "a==1 \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\n"},
		{"style", "keyvalue", "a = 1\nb 2 3\n", "; c\nb\t2 3\n\na: 1\n"},
		{"style", "conf", "a = 1\nb: 2\n", "# c\nb:2\na=1\n"},
		{"case and quotes", "sshd", "PermitRootLogin no\nAllowUsers a \"b c\"\n", "allowusers \"a\" 'b c' # c\nPERMITROOTLOGIN=no\n"},
		{"match", "sshd", "Match User bob\n  X11Forwarding no\n", "match user bob # c\nx11forwarding \"no\"\n"},
		{"style", "systemd", "[Unit]\nA=1\n[Service]\nExecStart=/bin/x --a --b\n", "# c\n[Service]\nExecStart = /bin/x --a \\\n# c\n   --b\n\n[Unit]\nA= 1  \n"},
		{"reset", "systemd", "[Service]\nExecStart=\nExecStart=/b\n", "[Service]\nExecStart=/a\nExecStart=\nExecStart=/b\n"},
		{"style", "xml", `<a x="1" y="2"><b>t</b><c/></a>`, "<?xml version=\"1.0\"?>\n<a y='2'\n x='1'><!-- c -->\n  <c></c>\n  <b>\n t\n</b>\n</a>\n"},
		{"style", "crontab", "*/5 * * * * root a b\n", "# c\n*/5\t*  * * *   root\ta b\n"},
		{"style", "fstab", "UUID=1 / ext4 defaults 0 0\n", "# c\nUUID=1\t/\text4\n"},
		{"style", "hosts", "10.0.0.1 a b\n::1 c\n", "::1\tc # c\n10.0.0.1 a\n10.0.0.1 b\n"},
		{"order", "passwd", "a:x:1:\nb:x:2:\n", "b:x:2:\na:x:1:\n"},
		{"style", "nginx", "server { listen 80; server_name \"a\" 'b c'; location ~ ^/x { return 200 ${y}; } }", "# c\nserver\n{\n\tlisten   80;\n  server_name a 'b c'; # c\n  location ~ ^/x {\n return 200 ${y};\n}\n}\n"},
		{"style", "apache", "<Directory /srv>\nRequire all granted\n</Directory>\n", "# c\n<Directory /srv>\n\n    Require   all \\\n  granted\n</Directory>\n"},
		{"blank lines", "lines", "a\n  b\n", "\na  \n\n  b\t\n\n"},
	} {
		t.Run(test.format+"/"+test.name, func(t *testing.T) {
			a, b := render(t, test.format, []byte(test.a)), render(t, test.format, []byte(test.b))
			if diff := cmp.Diff(string(a), string(b)); diff != "" || bytes.HasPrefix(a, []byte(`"`)) {
				t.Errorf("a -, b +:\n%s\na: %s", diff, a)
			}
		})
	}
}

// TestDiffers reads texts that some reader takes for different things.
func TestDiffers(t *testing.T) {
	for _, test := range []struct{ name, format, a, b string }{
		{"comment behind a value", "ini", "[a]\nx=1\n", "[a]\nx=1 ; c\n"},
		{"empty section", "ini", "[a]\n", ""},
		{"no value", "ini", "[a]\nx\n", "[a]\nx=\n"},
		{"which section a key is in", "ini", "[P]\na=1\nb=2\n[P]\na=3\n", "[P]\na=1\n[P]\na=3\nb=2\n"},
		{"dots", "ini", "[a.b]\nc=1\n", "[a]\nb.c=1\n"},
		{"Norway", "yaml", "a: no\n", "a: 'no'\n"},
		{"types", "yaml", "a: 1\n", "a: '1'\n"},
		{"old octal", "yaml", "a: 0644\n", "a: '0644'\n"},
		{"null", "yaml", "a:\n", "a: ''\n"},
		{"empty", "yaml", "a: {}\n", "a: []\n"},
		{"dots", "yaml", "a.b: 1\n", "a: {b: 1}\n"},
		{"tags", "yaml", "a: !vault x\n", "a: x\n"},
		{"tags of lists", "yaml", "a: !Join [x]\n", "a: [x]\n"},
		{"documents", "yaml", "a: 1\n---\na: 2\n", "a: 2\n---\na: 1\n"},
		{"order of a list", "json", "[1,2]", "[2,1]"},
		{"digits", "json", `{"a":12345678901234567890}`, `{"a":12345678901234567891}`},
		{"float", "toml", "a=1\n", "a=1.0\n"},
		{"dollar", "dotenv", "A='$B'\n", "A=\"$B\"\n"},
		{"escapes", "dotenv", `A="\\n"`, `A="\n"`},
		{"nothing", "dotenv", "A\n", "A=\n"},
		{"before an Include", "sshd", "Include x\nPort 22\n", "Port 22\nInclude x\n"},
		{"order of blocks", "sshd", "Match User a\nBanner x\nMatch Group b\nBanner y\n", "Match Group b\nBanner y\nMatch User a\nBanner x\n"},
		{"which block", "sshd", "Banner x\nMatch User a\nPort 1\n", "Match User a\nBanner x\nPort 1\n"},
		{"first of a keyword", "sshd", "Banner a\nBanner b\n", "Banner b\nBanner a\n"},
		{"hash in a command", "sshd", "ForceCommand a # b\n", "ForceCommand a\n"},
		{"reset in a drop-in", "systemd", "[Service]\nExecStart=\nExecStart=/b\n", "[Service]\nExecStart=/b\n"},
		{"which route", "systemd", "[Route]\nG=1\nM=5\n[Route]\nG=2\n", "[Route]\nG=1\n[Route]\nG=2\nM=5\n"},
		{"empty element", "xml", "<a><b/></a>", "<a/>"},
		{"text around elements", "xml", "<a>x<b/>y</a>", "<a>xy<b/></a>"},
		{"schedule", "crontab", "1 * * * * a\n", "2 * * * * a\n"},
		{"canonical name", "hosts", "::1 a b\n", "::1 b a\n"},
		{"credentials", "requirements", "-i https://u:one@h/simple\n", "-i https://u:two@h/simple\n"},
		{"query", "requirements", "a @ https://h/a.zip?v=1\n", "a @ https://h/a.zip?v=2\n"},
		{"marker", "requirements", "a==1; python_version<'3'\n", "a==1\n"},
		{"order", "nginx", "allow a; deny all;", "deny all; allow a;"},
		{"which block", "nginx", "a { x; } b { y; }", "a { } b { x; y; }"},
		{"braces of a variable", "nginx", "set $a ${b}c;", "set $a ${b} c;"},
		{"order", "apache", "Allow x\nDeny y\n", "Deny y\nAllow x\n"},
		{"white space in quotes", "apache", "Header set A \"x  y\"\n", "Header set A \"x y\"\n"},
		{"indentation", "lines", "a\n  b\n", "a\nb\n"},
	} {
		t.Run(test.format+"/"+test.name, func(t *testing.T) {
			a, b := render(t, test.format, []byte(test.a)), render(t, test.format, []byte(test.b))
			if bytes.Equal(a, b) || bytes.HasPrefix(a, []byte(`"`)) || bytes.HasPrefix(b, []byte(`"`)) {
				t.Errorf("both are %s, or one is an error: %s", a, b)
			}
		})
	}
}
