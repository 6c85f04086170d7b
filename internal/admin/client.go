package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	root = "/api/v1/conferences"
	// timeout bounds one request.
	timeout = 30 * time.Second
	// maxAnswer bounds what is read of an answer, in octets.
	maxAnswer = 256 << 20
)

// Client talks to the API of one server. The zero value of Token shows none.
type Client struct {
	URL   string // of the server, for example http://127.0.0.1:8080
	Token string
	JSON  bool // print what the server sent
	Out   io.Writer
}

// ProblemError is an error that the server answered with: RFC 9457.
type ProblemError struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// Error implements error.
func (p *ProblemError) Error() string {
	if p.Detail == "" {
		return fmt.Sprintf("%d %s", p.Status, p.Title)
	}
	return fmt.Sprintf("%d %s: %s", p.Status, p.Title, p.Detail)
}

// at is the path of a conference, and of what is below it.
func at(uri string, below ...string) string {
	path := root + "/" + url.PathEscape(uri)
	for _, part := range below {
		path += "/" + url.PathEscape(part)
	}
	return path
}

// call sends a request and reads the answer into result, unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, body, result any) error {
	answer, err := c.send(ctx, method, path, body)
	if err != nil || result == nil {
		return err
	}
	if err = json.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("%s answers something else than the API: %w", c.URL, err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, method, path string, body any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var content io.Reader
	if body != nil {
		octets, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(octets)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.URL, "/")+path, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w; --api or CONFAB_API says where the server's API is", err)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	if resp.StatusCode < 300 {
		return answer, nil
	}
	problem := &ProblemError{}
	if json.Unmarshal(answer, problem) != nil || problem.Status == 0 {
		problem = &ProblemError{Status: resp.StatusCode, Title: http.StatusText(resp.StatusCode)}
	}
	return nil, problem
}
