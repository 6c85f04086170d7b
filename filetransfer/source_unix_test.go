//go:build unix

package filetransfer

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Nobody writes to the pipe, and nobody waits for that.
func TestOpenPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		s, err := Open(path)
		if err == nil {
			_ = s.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		if !errors.Is(err, ErrIrregular) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("waits")
	}
}
