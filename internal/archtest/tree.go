package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"sort"
	"strings"
)

// Fault is one breach of a rule.
type Fault struct {
	Position token.Position // file relative to the root of the tree, and line
	Text     string
}

// String gives the fault in the form of a compiler's message.
func (f Fault) String() string {
	return fmt.Sprintf("%s:%d: %s", f.Position.Filename, f.Position.Line, f.Text)
}

// Tree is the parsed Go source of a module.
type Tree struct {
	fset  *token.FileSet
	files []file
}

// file is one Go file of the tree.
type file struct {
	name   string // slash-separated, relative to the root
	folder string // import path within the module; "" at the root
	test   bool
	syntax *ast.File
}

// Load parses every Go file of fsys, whatever its build constraints, save those
// in folders that the go command ignores and in nested modules.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(fsys, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(t.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder := path.Dir(name)
		if folder == "." {
			folder = ""
		}
		t.files = append(t.files, file{
			name: name, folder: folder, syntax: syntax,
			test: strings.HasSuffix(name, "_test.go"),
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("archtest: load tree: %w", err)
	}
	return t, nil
}

// enter says whether a walk for Go files goes into the folder name.
func enter(fsys fs.FS, name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if base == "testdata" || base[0] == '.' || base[0] == '_' {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// fault makes a Fault of the place where node begins.
func (t *Tree) fault(node ast.Node, format string, args ...any) Fault {
	return Fault{Position: t.fset.Position(node.Pos()), Text: fmt.Sprintf(format, args...)}
}

// sorted puts faults into the order of files and lines.
func sorted(faults []Fault) []Fault {
	sort.SliceStable(faults, func(i, j int) bool {
		a, b := faults[i].Position, faults[j].Position
		if a.Filename != b.Filename {
			return a.Filename < b.Filename
		}
		return a.Line < b.Line
	})
	return faults
}
