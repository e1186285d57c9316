package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// file writes a file, and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gsetd.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// setting returns the line of a setting in what gsetd config prints, and where it comes from.
func printedSetting(t *testing.T, text, name string) (line, from string) {
	t.Helper()
	m := regexp.MustCompile(`(?m)^# Default: .* This is (.*)\.\n((?:# )?` + name + `:.*(?:\n    - .*)*)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%s is not in %s", name, text)
	}
	return m[2], m[1]
}

func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	path := file(t, "listen: 127.0.0.1:1\nmaxclients: 5\nmaxmemory: 3GB\npeer-join: [a:1, 'b:2']\nfsync: everysec\ninsecure: true\nunixsocket:\n")
	t.Setenv("GSETD_MAXCLIENTS", "6")
	t.Setenv("GSETD_MAXMEMORY", "5GB")
	status, text, problems := once("config", "--config", path, "--maxmemory=7GB", "--log-level=warn")
	if status != 0 {
		t.Fatal(problems)
	}
	for name, want := range map[string][2]string{
		"listen":      {"listen: 127.0.0.1:1", "the file " + path},
		"maxclients":  {"maxclients: 6", "GSETD_MAXCLIENTS of the environment"},
		"maxmemory":   {"maxmemory: 7GB", "the command line"},
		"log-level":   {"log-level: warn", "the command line"},
		"peer-join":   {"peer-join:\n    - a:1\n    - b:2", "the file " + path},
		"fsync":       {"fsync: everysec", "the file " + path},
		"insecure":    {"insecure: true", "the file " + path},
		"unixsocket":  {"# unixsocket:", "the default"},
		"peer-beacon": {"peer-beacon: 5s", "the default"},
	} {
		if line, from := printedSetting(t, text, name); line != want[0] || from != want[1] {
			t.Errorf("%s: %q of %q", name, line, from)
		}
	}
}

func TestWhatConfigPrintsIsAConfiguration(t *testing.T) {
	ca := file(t, "")
	_, first, _ := once("config", "--maxmemory=7GB", "--peer-join=a:1,b:2", "--dir=/x y: #z", "--peer-ca="+ca, "--insecure", "--peer-beacon=90s")
	path := file(t, first)
	status, second, problems := once("config", "--config", path)
	if status != 0 {
		t.Fatal(problems)
	}
	settings := regexp.MustCompile(`(?m)^# Default.*\n`)
	if a, b := settings.ReplaceAllString(first, ""), settings.ReplaceAllString(second, ""); a != b {
		t.Errorf("%s\n\nand then\n\n%s", a, b)
	}
}

func TestAPasswordIsNotPrinted(t *testing.T) {
	t.Setenv("GSETD_PASSWORD", "hunter2-hunter2")
	_, text, _ := once("config")
	if line, from := printedSetting(t, text, "password"); strings.Contains(text, "hunter2") || from != "GSETD_PASSWORD of the environment" {
		t.Errorf("%q of %q", line, from)
	}
}

func TestAConfigurationThatMakesNoSenseIsRefused(t *testing.T) {
	for text, says := range map[string]string{
		"lisen: x":                        `line 1: there is no setting "lisen"`,
		"config: x":                       `there is no setting "config"`,
		"# a\n\nlisten: x\nlisten: y":     `line 4: "listen" is in line 3 already`,
		"listen: {a: b}":                  `line 1: "listen" has a value that is neither`,
		"listen: [a, [b]]":                `"listen" has a list of something else`,
		"listen: &x a\nname: *x":          `"name" has a value that is neither`,
		"- listen":                        `not of the form`,
		"listen: [":                       `line `,
		"a: b\n---\nc: d":                 "more than one document",
		"\nlisten: [1, 2]":                "takes one value, and not a list\n(--listen is of FILE: line 2)",
		"insecure: [yes]":                 "takes one value, and not a list\n(--insecure is of FILE: line 1)",
		"#\nmaxclients: many":             "--maxclients: expected a valid 64 bit int but got \"many\"\n(--maxclients is of FILE: line 2)",
		"fsync: sometimes":                "\n(--fsync is of FILE: line 1)",
		"insecure: perhaps":               "\n(--insecure is of FILE: line 1)",
		"maxmemory: lots":                 "is not a size such as 512MB or 4GB\n(--maxmemory is of FILE: line 1)",
		"dir:":                            "--dir: is empty; name the folder, or leave the setting out to do without one\n(--dir is of FILE: line 1)",
		"dir: ''":                         "is empty",
		"password-file: /nowhere/at/all":  "/nowhere/at/all",
		strings.Repeat("#", fileBytes+10): "more than",
	} {
		path := file(t, text)
		status, _, problems := once("config", "--config", path)
		says := strings.ReplaceAll(says, "FILE", path)
		if status != exitUsage || !strings.Contains(problems, says) {
			t.Errorf("%.40q: status %d, %.200q lacks %q", text, status, problems, says)
		}
	}
	if status, _, problems := once("serve", "--config=/nowhere/at/all"); status != exitUsage || !strings.Contains(problems, "/nowhere/at/all") {
		t.Errorf("status %d, %q", status, problems)
	}
}

// An error names the place of a setting also if the file and the environment are well formed, and serve does not like
// what they say.
func TestARefusedSettingIsNamedWithItsPlace(t *testing.T) {
	path := file(t, "name: x\nlisten: nonsense\nmaxclients: many\n")
	const inFile, inEnvironment = ": line 2)", "(--listen is of GSETD_LISTEN of the environment)"
	if status, _, problems := once("serve", "--maxclients=5", "--config", path); status != exitUsage || !strings.Contains(problems, "(--listen is of "+path+inFile) || strings.Contains(problems, "--maxclients") {
		t.Errorf("status %d, %q", status, problems)
	}
	t.Setenv("GSETD_LISTEN", "127.0.0.9:bad")
	t.Setenv("GSETD_DIR", "")
	if status, _, problems := once("serve"); status != exitUsage || !strings.Contains(problems, "--dir: is empty") || !strings.Contains(problems, "GSETD_DIR") {
		t.Errorf("status %d, %q", status, problems)
	}
	if status, _, problems := once("serve", "--dir", t.TempDir()); status != exitUsage || !strings.Contains(problems, "--listen: ") || !strings.Contains(problems, inEnvironment) {
		t.Errorf("status %d, %q", status, problems)
	}
	if _, _, problems := once("serve", "--dir", t.TempDir(), "--listen=nonsense"); strings.Contains(problems, " is of ") {
		t.Errorf("a flag of the command line has another place: %q", problems)
	}
}

func TestAnEmptyConfigurationIsOne(t *testing.T) {
	for _, text := range []string{"", "# only a comment\n", "---\n", "null"} {
		if status, _, problems := once("config", "--config", file(t, text)); status != 0 {
			t.Errorf("%q: %s", text, problems)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, seed := range []string{"listen: x\npeer-join: [a, b]\n", "a: &x [*x]", "? [a]\n: b", "a: !!binary x", "<<: {a: b}", "a: |\n  b\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := parseConfig(text)
		if err != nil && err.Error() == "" {
			t.Error("an error without a word")
		}
		for name, s := range all {
			switch v := s.value.(type) {
			case nil, string:
			case []any:
				for _, item := range v {
					_ = item.(string)
				}
			default:
				t.Errorf("%q: %T", name, v)
			}
		}
	})
}
