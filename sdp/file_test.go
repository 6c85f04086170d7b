package sdp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
)

func TestFileSelector(t *testing.T) {
	conform.Covers(t, "FT-03")
	for value, want := range map[string]File{
		"": {Size: -1},
		`name:"plan b.pdf" type:application/pdf size:81920 hash:sha-1:72:24:5f:E8`: {
			Name: "plan b.pdf", Type: "application/pdf", Size: 81920,
			Hashes: []FileHash{{"sha-1", []byte{0x72, 0x24, 0x5f, 0xe8}}},
		},
		`hash:SHA-1:01 hash:sha-256:02:03 size:0 name:"Grüße %22x%22 100%25.txt"`: {
			Name: `Grüße "x" 100%.txt`, Hashes: []FileHash{{"sha-1", []byte{1}}, {"sha-256", []byte{2, 3}}},
		},
		`type:text/plain;charset="utf 8";x="a%22b" future:x`: {Type: `text/plain;charset="utf 8";x="a%22b"`, Size: -1},
	} {
		got := read(t, chat("a=file-selector:"+value)).File
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", value, diff)
			continue
		}
		back := read(t, chat("a=file-selector:"+got.selector())).File
		if diff := cmp.Diff(got, back); diff != "" {
			t.Errorf("%s written as %s (-want +got):\n%s", value, got.selector(), diff)
		}
	}
	for _, value := range []string{
		`name:""`, `name:x`, `name:"%2"`, `name:"%zz"`, `size:x`, `size:-1`, `size:9223372036854775808`, `hash:sha-1`, `hash:sha-1:7`,
		`hash:sha-1:72:`, `hash:sha-1:724`, `type:pdf`, `type:/x`, `name`,
	} {
		_, err := mustParse(t, lines("1", chat("a=file-selector:"+value))).Message(0)
		if err == nil {
			t.Errorf("%s: no error", value)
		}
	}
}

func TestFileAttributes(t *testing.T) {
	conform.Covers(t, "FT-03")
	lines := []string{
		`a=file-selector:name:"x"`, "a=file-transfer-id:abc", "a=file-disposition:attachment",
		`a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"`, "a=file-icon:cid:id2@alicepc.example.com", "a=file-range:1-32349",
	}
	m := read(t, chat(lines...))
	want := &File{
		Name: "x", Size: -1, TransferID: "abc", Disposition: "attachment", Icon: "cid:id2@alicepc.example.com",
		Date: `creation:"Mon, 15 May 2006 15:01:31 +0300"`, Range: "1-32349",
	}
	if diff := cmp.Diff(want, m.File); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	line := m.Media()
	if text := string(line.append(nil)); !strings.Contains(text, strings.Join(lines, "\r\n")+"\r\n") {
		t.Errorf("written\n%s", text)
	}
	for _, tt := range []struct {
		f    File
		push bool
		want bool
	}{
		{File{Name: "x", Size: -1, TransferID: "a"}, true, false},
		{File{Name: "x", Size: -1, TransferID: "a"}, false, true},
		{File{Size: 0, TransferID: "a"}, true, true},
		{File{Size: -1, Type: "a/b", TransferID: "a"}, true, true},
		{File{Size: -1, Hashes: []FileHash{{}}, TransferID: "a"}, true, true},
		{File{Size: 5}, true, false},
	} {
		if got := tt.f.Complete(tt.push); got != tt.want {
			t.Errorf("%+v, push %t: %t", tt.f, tt.push, got)
		}
	}
}
