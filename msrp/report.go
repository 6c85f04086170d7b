package msrp

import (
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// maxReports bounds the messages that wait for a success report.
const maxReports = 1024

// Report is a REPORT: what became of octets of a message that was sent.
type Report struct {
	MessageID string
	Range     msrpwire.Range // zero: all of it
	Status    int            // a response code
	Comment   string

	// Ref is the reference of the message, if it was sent with SuccessReport
	// and is not yet confirmed.
	Ref   uint64
	Known bool
	// Complete means that a message with Known set is confirmed to its end.
	Complete bool

	// ContentType and Body say more, in a REPORT to be sent; at most 10,240
	// octets.
	ContentType string
	Body        []byte
}

// awaited is a message sent with Success-Report.
type awaited struct {
	trace *trace
	ref   uint64
	size  int64
	upTo  int64
}

// SendReport sends a REPORT to the peer, such as one on a failure found after
// the message had been answered. RFC 4975 §7.1.2. [MSRP-RPT-06]
func (s *Session) SendReport(r Report) error {
	c := s.conn.Load()
	if c == nil || s.ended.Load() {
		return ErrClosed // none on an ended session [MSRP-RPT-10]
	}
	h := msrpwire.Head{
		Method: msrpwire.REPORT, MessageID: []byte(r.MessageID), ByteRange: r.Range,
		ReportStatus: msrpwire.ReportStatus{Code: r.Status, Comment: []byte(r.Comment)},
		ContentType:  []byte(r.ContentType), HasBody: r.ContentType != "",
	}
	return c.report(s, nil, &h, r.Body)
}

// reportTo confirms octets of a message received. It goes where the response
// goes. [MSRP-RPT-02]
func (s *Session) reportTo(c *conn, request *msrpwire.Head, r msrpwire.Range) {
	if s.ended.Load() {
		return
	}
	h := msrpwire.Head{
		Method: msrpwire.REPORT, MessageID: request.MessageID, ByteRange: r,
		ReportStatus: msrpwire.ReportStatus{Code: msrpwire.StatusOK, Comment: []byte("OK")},
	}
	paths := msrpwire.AppendPaths(nil, request.FromPath, request.ToPath.First())
	if err := c.report(s, paths, &h, nil); err != nil {
		c.ep.cfg.Log.Debug("msrp report not sent", "reason", err)
	}
}

// report queues a REPORT like a response: it interrupts what can be.
func (c *conn) report(s *Session, paths []byte, h *msrpwire.Head, body []byte) error {
	if len(body) > 10240 { // [MSRP-FRM-17]
		return ErrTooLarge
	}
	fields, err := h.AppendFields(nil)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.closed || s.over {
		c.mu.Unlock()
		return ErrClosed
	}
	if paths == nil {
		paths = s.paths
	}
	t := c.nextTID()
	for msrpwire.Collides(body, t.bytes()) {
		c.ring.skip()
		t = c.nextTID()
	}
	c.ring.skip() // nobody answers a REPORT
	b, from := c.out.begin(len(paths) + len(fields) + len(body) + frameOverhead)
	b.buf = msrpwire.AppendStart(b.buf, t.bytes(), h.Method)
	b.buf = append(b.buf, paths...)
	b.buf = append(append(b.buf, fields...), body...)
	b.buf = msrpwire.AppendEnd(b.buf, t.bytes(), msrpwire.Last, h.HasBody)
	over := c.owe(b, from)
	c.mu.Unlock()
	if over {
		c.fail(ErrStalled)
		return ErrClosed
	}
	return nil
}

// reported handles a REPORT of the peer. It is never answered.
// RFC 4975 §7.3.2. [MSRP-RPT-07] [MSRP-RSP-04]
func (s *Session) reported(h *msrpwire.Head) {
	if len(h.MessageID) == 0 || h.ReportStatus.IsZero() || h.ReportStatus.Namespace != 0 {
		return
	}
	r := Report{
		MessageID: string(h.MessageID), Range: h.ByteRange,
		Status: h.ReportStatus.Code, Comment: string(h.ReportStatus.Comment),
	}
	c := s.conn.Load()
	c.mu.Lock()
	sent := s.hasSent(r.MessageID)
	if a := s.reports[r.MessageID]; a != nil {
		r.Known, r.Ref = true, a.ref
		if r.Status/100 == 2 {
			r.Complete = a.confirm(h.ByteRange)
		}
		if r.Complete || r.Status/100 != 2 {
			delete(s.reports, r.MessageID)
		}
	}
	if r.Status/100 != 2 && sent != nil {
		c.refusedLate(s, sent, &Error{Status: r.Status, Comment: r.Comment})
	}
	done := c.takeSettled(nil)
	c.mu.Unlock()
	c.fire(done)
	if h, ok := s.cfg.Handler.(Reporter); ok {
		h.Report(r)
	}
	// That octets did not arrive is the end of the session; a refused content
	// is not, since deployed clients refuse types that way. [MSRP-RPT-09]
	if sent != nil && (r.Status == msrpwire.StatusTimeout || ends(r.Status)) {
		s.end(&Error{Status: r.Status, Comment: r.Comment}, true)
	}
}

// refusedLate acts on a failure REPORT for a message as on a response with its
// status: what is left of it is not sent, nor is the type that it refuses. Called
// with c.mu held. [MSRP-RPT-07] [MSRP-RPT-08]
func (c *conn) refusedLate(s *Session, sent *trace, err *Error) {
	if sent.kind != "" {
		s.reject(sent.kind, err)
	}
	if m := s.queue.find(sent.id); m != nil {
		m.fail(err)
		c.stopMessage(s, m, stopFor(err))
	}
}

// confirm notes a success report; true means that all has arrived. Ranges may
// be wrong by a little.
func (a *awaited) confirm(r msrpwire.Range) bool {
	switch {
	case r.IsZero(), r.End == msrpwire.Unknown:
		a.upTo = a.size
	case r.Start <= a.upTo+1:
		a.upTo = max(a.upTo, r.End)
	}
	return a.upTo >= a.size
}

// awaits notes that a message is sent, and whether its success report is expected.
func (s *Session) awaits(sh *Shared, ref uint64) {
	if sh.failure != msrpwire.FailureNo {
		s.remembers(sh.trace)
	}
	if !sh.success || len(s.reports) >= maxReports {
		return
	}
	if s.reports == nil {
		s.reports = make(map[string]*awaited)
	}
	s.reports[sh.id] = &awaited{trace: sh.trace, ref: ref, size: sh.size}
}
