package archtest_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/archtest"
)

// tree makes a source tree of files given as name and text, in which @ stands
// for the module's path.
func tree(pairs ...string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for i := 0; i+1 < len(pairs); i += 2 {
		text := strings.ReplaceAll(pairs[i+1], "@", "github.com/confab-chat/confab")
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// texts gives faults as strings, an empty slice for none.
func texts(faults []archtest.Fault) []string {
	out := []string{}
	for _, f := range faults {
		out = append(out, f.String())
	}
	return out
}

func check(t *testing.T, rule func(*archtest.Tree) []archtest.Fault, fsys fstest.MapFS, want ...string) {
	t.Helper()
	loaded, err := archtest.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, texts(rule(loaded))); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	const (
		same  = "it stands on the same floor and the row does not name it"
		above = "it stands on a floor above"
		few   = "it is not among the few packages this one may import"
		meet  = "focus, mixer, notify and api meet in instance only"
	)
	tests := []struct{ name, file, imports, reason string }{
		{"down", "internal/focus/a.go", "sip/invite", ""},
		{"within a package's own test", "sdp/a_test.go", "sdp", ""},
		{"named on the same floor", "sip/dialog/a.go", "sip/transaction", ""},
		{"up", "sip/sipmsg/a.go", "sip/transport", above},
		{"library into the server", "participant/a.go", "internal/config", above},
		{"upwards among equals", "sip/transport/a.go", "sip/transaction", same},
		{"stranger on the same floor", "cpim/a.go", "sdp", same},
		{"neighbours", "internal/focus/a.go", "internal/mixer", meet},
		{"neighbours in a test", "internal/api/a_test.go", "internal/notify", meet},
		{"pure model", "internal/conference/a.go", "sip/sipmsg", few},
		{"wheel stands alone", "wheel/a.go", "sip", few},
		{"assembly", "internal/server/a.go", "internal/focus", ""},
		{"program past the assembly", "cmd/confab/a.go", "internal/focus", few},
		{"program through the assembly", "cmd/confab/a.go", "internal/server", ""},
		{"program speaks no SIP", "cmd/confab/a.go", "sip/sipmsg", few},
		{"conformance in tests", "cpim/a_test.go", "internal/conform", ""},
		{"conformance outside tests", "cpim/a.go", "internal/conform", above},
		{"test beside its neighbours", "sip/transport/a_test.go", "sip/transaction", ""},
		{"outside the house", "util/a.go", "sdp", "the importing package has no place in the house"},
		{"into nowhere", "sdp/a.go", "util", "the imported package has no place in the house"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var want []string
			if tt.reason != "" {
				folder := tt.file[:strings.LastIndex(tt.file, "/")]
				want = []string{tt.file + ":3: " + folder + " imports " + tt.imports + ": " + tt.reason}
			}
			check(t, archtest.Imports, tree(tt.file, "package x\n\nimport _ \"@/"+tt.imports+"\"\n"), want...)
		})
	}
}

func TestWire(t *testing.T) {
	t.Parallel()
	const text = `package sdp

import (
	"net"
	"net/netip"
	"time"
)

const wait = time.Second

func f() {
	go f()
	_ = time.Now()
}
`
	check(t, archtest.Wire, tree("sdp/a.go", text, "msrp/a.go", text, "sdp/a_test.go", text),
		"sdp/a.go:4: sdp turns bytes into values: no import of net",
		"sdp/a.go:12: sdp turns bytes into values: no goroutine",
		"sdp/a.go:13: sdp turns bytes into values: time is an argument, no time.Now")
}

func TestDocs(t *testing.T) {
	t.Parallel()
	words := strings.Repeat(" word", 20)
	check(t, archtest.Docs, tree(
		"bare/a.go", "package bare\n",
		"brief/a.go", "// Package brief is brief.\npackage brief\n",
		"cmd/tool/main.go", "// Command tool "+words+"\npackage main\n",
		"good/doc.go", "// Package good "+words+"\npackage good\n",
		"good/good.go", "package good\n",
		"lost/a.go", "// Package lost "+words+"\npackage lost\n",
		"lost/b.go", "package lost\n",
		"other/a.go", "// A file "+words+"\npackage other\n",
		"twice/doc.go", "// Package twice "+words+"\npackage twice\n",
		"twice/twice.go", "// Package twice "+words+"\npackage twice\n",
	),
		"bare/a.go:1: bare has no package comment",
		"brief/a.go:2: the package comment of brief has fewer than 20 words",
		"lost/a.go:2: the package comment of lost belongs into doc.go",
		`other/a.go:2: the package comment of other does not begin with "Package other "`,
		"twice/twice.go:2: twice has more than one package comment",
	)
}

func TestRandom(t *testing.T) {
	t.Parallel()
	const text = "package x\n\nimport _ \"crypto/rand\"\nimport _ \"math/rand/v2\"\n"
	check(t, archtest.Random, tree("msrp/a.go", text, "msrp/a_test.go", text, "sip/invite/glare.go", text),
		"msrp/a.go:4: msrp imports math/rand/v2: what it draws can be guessed")
}

func TestPaths(t *testing.T) {
	t.Parallel()
	home := "/" + "home/alice/src"
	faults, err := archtest.Paths(tree(
		"README.md", "one\nsee "+home+"\n",
		"a.go", "// https://example.test/"+"home/alice is a page, ./"+"work/x a folder of ours\n",
		".git/config", home,
		"picture.png", "\xff\x00 "+home,
	))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`README.md:2: names a folder of one machine: " /` + `home/a"`}
	if diff := cmp.Diff(want, texts(faults)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestLoadLeavesOutWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	broken := "package broken\nimport _ \"@/internal/server\"\n"
	check(t, archtest.Imports, tree(
		"sdp/testdata/a.go", broken,
		"tools/go.mod", "module x\n", "tools/a.go", broken,
		".cache/a.go", broken, "_old/a.go", broken,
	))
	if _, err := archtest.Load(tree("a.go", "packag")); err == nil {
		t.Error("a file that does not parse was taken")
	}
}
