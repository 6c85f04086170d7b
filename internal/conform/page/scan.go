package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/internal/conform"
)

// covers is the import path of the package whose calls are claims.
const covers = "github.com/confab-chat/confab/internal/conform"

// claim is one test that says it shows a row.
type claim struct {
	file string // slash-separated, relative to the root of the module
	test string // the top-level function the call stands in
}

// scanner collects claims and what is wrong with them.
type scanner struct {
	fset   *token.FileSet
	claims map[string][]claim // by row
	faults []error
}

// scan reads every test file of fsys, whatever its build constraints, in the
// order of names, and returns the claims of each row.
func scan(fsys fs.FS) (map[string][]claim, []error) {
	s := scanner{fset: token.NewFileSet(), claims: make(map[string][]claim)}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if base := path.Base(name); name != "." && (base == "testdata" || base[0] == '.' || base[0] == '_') {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		return s.file(name, text)
	})
	if err != nil {
		s.faults = append(s.faults, err)
	}
	return s.claims, s.faults
}

// file reads one test file.
func (s *scanner) file(name string, text []byte) error {
	syntax, err := parser.ParseFile(s.fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	local := importName(syntax)
	if local == "" {
		return nil
	}
	test := regexp.MustCompile(`^(Test|Fuzz|Benchmark)($|[^a-z])`)
	for _, decl := range syntax.Decls {
		within := claim{file: name}
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && test.MatchString(f.Name.Name) {
			within.test = f.Name.Name
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isCovers(call, local) {
				s.call(call, within, decl)
			}
			return true
		})
	}
	return nil
}

// call takes the identifiers of one call of Covers in decl.
func (s *scanner) call(call *ast.CallExpr, within claim, decl ast.Decl) {
	switch {
	case within.test == "":
		s.fault(call, "Covers stands outside a test: name the rows in the test that shows them")
		return
	case len(call.Args) < 2:
		s.fault(call, "Covers names no row")
		return
	}
	for _, arg := range call.Args[1:] {
		if id, ok := text(arg); !ok {
			s.table(arg, within, decl)
		} else if conform.Known(id) {
			s.claim(id, within)
		} else {
			s.fault(arg, "no row %q in the catalogue", id)
		}
	}
}

// table takes what a call draws from the test's table of cases: every
// identifier of a row that stands as a literal in the test.
func (s *scanner) table(arg ast.Expr, within claim, decl ast.Decl) {
	found := false
	ast.Inspect(decl, func(n ast.Node) bool {
		if expr, ok := n.(ast.Expr); ok {
			if id, ok := text(expr); ok && conform.Known(id) {
				found = true
				s.claim(id, within)
			}
		}
		return true
	})
	if !found {
		s.fault(arg, "the rows that Covers is given do not stand in the test as literals")
	}
}

// claim notes a claim once.
func (s *scanner) claim(id string, within claim) {
	if !slices.Contains(s.claims[id], within) {
		s.claims[id] = append(s.claims[id], within)
	}
}

// text is the value of a string literal.
func text(expr ast.Expr) (string, bool) {
	literal, ok := expr.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(literal.Value)
	return value, err == nil
}

func (s *scanner) fault(at ast.Node, format string, args ...any) {
	pos := s.fset.Position(at.Pos())
	s.faults = append(s.faults, fmt.Errorf("%s:%d: %s", pos.Filename, pos.Line, fmt.Sprintf(format, args...)))
}

// importName is the name under which a file knows package conform, "" if not.
func importName(f *ast.File) string {
	for _, spec := range f.Imports {
		if spec.Path.Value != strconv.Quote(covers) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(covers)
	}
	return ""
}

// isCovers reports whether call calls Covers of the package known as local.
func isCovers(call *ast.CallExpr, local string) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != "Covers" {
		return false
	}
	of, ok := selector.X.(*ast.Ident)
	return ok && of.Name == local
}
