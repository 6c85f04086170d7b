package filetransfer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/confab-chat/confab/filetransfer"
)

func ExampleSafeName() {
	fmt.Println(filetransfer.SafeName("../../.ssh/config"))
	fmt.Println(filetransfer.SafeName(`C:\con.txt`))
	fmt.Println(filetransfer.SafeName("Grüße.pdf"))
	// Output:
	// config
	// _con.txt
	// Grüße.pdf
}

// A file is described, and received into a folder where there is one of that name.
func Example() {
	dir, err := os.MkdirTemp("", "files")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err = os.WriteFile(filepath.Join(dir, "note.txt"), []byte("an older one"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	source := &filetransfer.Source{Name: "note.txt", Type: "text/plain", Size: 5, Content: strings.NewReader("hello")}
	if err = source.Hash(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	sink, err := filetransfer.Target{Dir: dir}.Create(source.Describe(), 1<<20)
	if err != nil {
		fmt.Println(err) // no room for it
		return
	}
	if _, err = sink.WriteAt([]byte("hello"), 0); err != nil {
		fmt.Println(err)
	}
	path, err := sink.Finish("")
	fmt.Println(filepath.Base(path), err)
	// Output: note (2).txt <nil>
}
