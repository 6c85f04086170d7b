package msrpwire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func sendHead() msrpwire.Head {
	return msrpwire.Head{
		TID: []byte("abcd1"), Method: msrpwire.SEND, ToPath: msrpwire.Path(toRoom), FromPath: msrpwire.Path(toAlice),
		MessageID: []byte("m123"),
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-09", "MSRP-RPT-01")
	bind := sendHead()
	bind.ByteRange = msrpwire.Range{Start: 1}
	bind.FailureReport = msrpwire.FailureYes
	full := sendHead()
	full.ByteRange = msrpwire.Range{Start: 1, End: msrpwire.Unknown, Total: 9}
	full.SuccessReport, full.FailureReport = true, msrpwire.FailurePartial
	full.ContentType, full.HasBody = []byte("text/plain;charset=utf-8"), true
	full.Fields = []msrpwire.Field{
		{Name: []byte("content-id"), Value: []byte("<a@b>")},
		{Name: []byte("Room-Seq"), Value: []byte("7")},
		{Name: []byte("Content-Disposition"), Value: []byte("inline")},
	}
	for _, tt := range []struct {
		head msrpwire.Head
		want string
	}{
		{bind, "MSRP abcd1 SEND\r\n" + paths + "Message-ID: m123\r\nByte-Range: 1-0/0\r\n"},
		{full, "MSRP abcd1 SEND\r\n" + paths + "Message-ID: m123\r\nByte-Range: 1-*/9\r\nSuccess-Report: yes\r\nFailure-Report: partial\r\n" +
			"Room-Seq: 7\r\nContent-ID: <a@b>\r\nContent-Disposition: inline\r\nContent-Type: text/plain;charset=utf-8\r\n\r\n"},
	} {
		out, err := tt.head.Append([]byte("before"))
		if err != nil || string(out) != "before"+tt.want {
			t.Errorf("%q, %v", out, err)
		}
	}
	// A bodiless message has nothing that describes a body. [MSRP-FRM-10]
	full.HasBody = false
	if out, err := full.Append(nil); err != nil || strings.Contains(string(out), "Content") || strings.Contains(string(out), "\r\n\r\n") {
		t.Errorf("without body: %q, %v", out, err)
	}
}

func TestRefusesToWrite(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-26")
	for name, spoil := range map[string]func(*msrpwire.Head){
		"short identifier":   func(h *msrpwire.Head) { h.TID = []byte("abc") },
		"long identifier":    func(h *msrpwire.Head) { h.TID = []byte(strings.Repeat("a", 33)) },
		"no identifier":      func(h *msrpwire.Head) { h.TID = nil },
		"method":             func(h *msrpwire.Head) { h.Method = "SEND\r\nX" },
		"neither":            func(h *msrpwire.Head) { h.Method = "" },
		"both":               func(h *msrpwire.Head) { h.Status = 200 },
		"comment":            func(h *msrpwire.Head) { h.Method, h.Status, h.Comment = "", 200, []byte("O\nK") },
		"status":             func(h *msrpwire.Head) { h.Method, h.Status = "", 1000 },
		"body of a response": func(h *msrpwire.Head) { h.Method, h.Status, h.HasBody, h.ContentType = "", 200, true, []byte("a/b") },
		"no To-Path":         func(h *msrpwire.Head) { h.ToPath = nil },
		"To-Path":            func(h *msrpwire.Head) { h.ToPath = append(h.ToPath, '\r') },
		"From-Path":          func(h *msrpwire.Head) { h.FromPath = append(h.FromPath, 0) },
		"Message-ID":         func(h *msrpwire.Head) { h.MessageID = []byte("a\r\nTo-Path: x") },
		"range":              func(h *msrpwire.Head) { h.ByteRange = msrpwire.Range{Start: -5} },
		"report status":      func(h *msrpwire.Head) { h.ReportStatus.Code, h.ReportStatus.Comment = 200, []byte("\x7f") },
		"nickname":           func(h *msrpwire.Head) { h.UseNickname = []byte("\"a\r\nb\"") },
		"type missing":       func(h *msrpwire.Head) { h.HasBody = true },
		"type":               func(h *msrpwire.Head) { h.HasBody, h.ContentType = true, []byte("a/b;\n") },
		"field name":         func(h *msrpwire.Head) { h.Fields = []msrpwire.Field{{Name: []byte("a b")}} },
		"known field":        func(h *msrpwire.Head) { h.Fields = []msrpwire.Field{{Name: []byte("to-path")}} },
		"field value":        func(h *msrpwire.Head) { h.Fields = []msrpwire.Field{{Name: []byte("X"), Value: []byte("a\nb")}} },
	} {
		h := sendHead()
		spoil(&h)
		if out, err := h.Append([]byte("before")); !errors.Is(err, msrpwire.ErrUnwritable) || string(out) != "before" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
	h := sendHead()
	h.MessageID = []byte("a b")
	if out, err := h.AppendFields(nil); err == nil {
		t.Errorf("AppendFields wrote %q", out)
	}
	if out := msrpwire.AppendResponse(nil, &h, 403, "No\r\nX: y"); strings.Contains(string(out), "X: y") {
		t.Errorf("AppendResponse wrote %q", out)
	}
}

func TestResponse(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-PTH-03", "MSRP-PTH-04", "MSRP-RSP-05")
	const relayed = "msrps://relay.example:9000/abc;tcp " + toAlice
	for method, to := range map[string]string{
		"SEND": "msrps://relay.example:9000/abc;tcp", "NICKNAME": relayed, "AUTH": relayed, "FILE_OFFSET": relayed,
	} {
		h := mustHead(t, "MSRP q "+method+"\r\nTo-Path: "+toRoom+"\r\nFrom-Path: "+relayed+"\r\nMessage-ID: m123\r\n-------q+\r\n")
		want := "MSRP q 481 No such session\r\nTo-Path: " + to + "\r\nFrom-Path: " + toRoom + "\r\n-------q$\r\n"
		if out := msrpwire.AppendResponse(nil, h, 481, ""); string(out) != want {
			t.Errorf("%s answered by %q", method, out)
		}
		head := h.Response(481, "Gone")
		out, err := head.Append(nil)
		if err != nil || string(msrpwire.AppendEnd(out, head.TID, msrpwire.Last, false)) != strings.Replace(want, "No such session", "Gone", 1) {
			t.Errorf("%s answered by %q, %v", method, out, err)
		}
	}
	h := mustHead(t, good)
	if out := string(msrpwire.AppendResponse(nil, h, 499, "")); !strings.HasPrefix(out, "MSRP next1 499\r\n") {
		t.Errorf("without comment: %q", out)
	}
	// What peers put into responses beyond that is read.
	if h := mustHead(t, "MSRP q 200\r\n"+paths+"Message-ID: m123\r\nByte-Range: 1-2/2\r\nUse-Path: "+toRoom+"\r\n-------q$\r\n"); h.Status != 200 {
		t.Errorf("%s", dump(h))
	}
}

func TestWantsResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		start, report     string
		answerOK, answer4 bool
	}{
		{"SEND", "", true, true},
		{"SEND", "yes", true, true},
		{"SEND", "partial", false, true},
		{"SEND", "no", false, false},
		{"REPORT", "", false, false},
		{"REPORT", "yes", false, false},
		{"NICKNAME", "no", true, true},
		{"AUTH", "no", true, true},
		{"OTHER", "", true, true},
		{"OTHER", "partial", true, true},
		{"OTHER", "no", false, false},
		{"200 OK", "", false, false},
	} {
		wire := "MSRP abcd1 " + tt.start + "\r\n" + paths
		if tt.report != "" {
			wire += "Failure-Report: " + tt.report + "\r\n"
		}
		h := mustHead(t, wire+end)
		if h.WantsResponse(200) != tt.answerOK || h.WantsResponse(400) != tt.answer4 {
			t.Errorf("%s with Failure-Report %q: 200 %v, 400 %v", tt.start, tt.report, h.WantsResponse(200), h.WantsResponse(400))
		}
		if h.HasReportFields() != (tt.report != "") {
			t.Errorf("%s with Failure-Report %q: HasReportFields %v", tt.start, tt.report, h.HasReportFields())
		}
	}
}
