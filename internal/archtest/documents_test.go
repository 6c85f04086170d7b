package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Links of the documents within the project lead somewhere.
func TestDocuments(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	if len(pages) < 10 {
		t.Fatalf("only %d documents", len(pages))
	}
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: nothing at %s", page, m[1])
			}
		}
	}
}

// Every decision is in the index.
func TestDecisionsIndexed(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "docs", "decisions")
	index, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "0*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.Contains(string(index), "("+filepath.Base(f)+")") {
			t.Errorf("the index lacks %s", filepath.Base(f))
		}
	}
}

// TestBotOfTheGuide: the bot of docs/go.md is the example of the package, which is compiled.
func TestBotOfTheGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/go.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(guide), "```go\n")
	bot, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no bot in docs/go.md")
	}
	example, err := os.ReadFile("../../participant/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(example), "\t\t"+strings.ReplaceAll(strings.TrimSpace(bot), "\n", "\n\t\t")) {
		t.Error("docs/go.md and ExampleUE_Join differ")
	}
}
