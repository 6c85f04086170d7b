package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// conference is what is printed of one.
type conference struct {
	URI     string `json:"uri"`
	Subject string `json:"subject"`
	State   string `json:"state"`
	Locked  bool   `json:"locked"`
	Owner   string `json:"owner"`
	Users   []struct {
		URI       string   `json:"uri"`
		Display   string   `json:"display"`
		Nickname  string   `json:"nickname"`
		Roles     []string `json:"roles"`
		Endpoints []struct {
			Status string `json:"status"`
		} `json:"endpoints"`
	} `json:"users"`
}

// pageOf is a page of a list.
type pageOf struct {
	Items []json.RawMessage `json:"items"`
	Next  string            `json:"next"`
}

// pages calls each for every item of a list, most at most if it is above 0.
func (c *Client) pages(ctx context.Context, path string, most int, each func(item json.RawMessage) error) error {
	after := ""
	for n := 0; ; {
		query := url.Values{"limit": {"1000"}}
		if after != "" {
			query.Set("after", after)
		}
		var page pageOf
		if err := c.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			if most > 0 && n == most {
				return nil
			}
			if err := each(item); err != nil {
				return err
			}
			n++
		}
		if page.Next == "" {
			return nil
		}
		after = page.Next
	}
}

// List prints the conferences, one a line.
func (c *Client) List(ctx context.Context) error {
	table := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
	err := c.pages(ctx, root, 0, func(item json.RawMessage) error {
		if c.JSON {
			return c.raw(item)
		}
		var conf conference
		if err := json.Unmarshal(item, &conf); err != nil {
			return err
		}
		_, err := fmt.Fprintf(table, "%s\t%s\t%s\n", conf.URI, state(&conf), conf.Subject)
		return err
	})
	if err != nil {
		return err
	}
	return table.Flush()
}

func state(conf *conference) string {
	if conf.Locked {
		return conf.State + ", locked"
	}
	return conf.State
}

// raw prints JSON as one line.
func (c *Client) raw(item json.RawMessage) error {
	_, err := fmt.Fprintf(c.Out, "%s\n", item)
	return err
}

// Show prints a conference with its roster.
func (c *Client) Show(ctx context.Context, uri string) error {
	return c.print(ctx, http.MethodGet, at(uri), nil)
}

// Allocation is what a conference is allocated with.
type Allocation struct {
	URI        string   `json:"uri,omitempty"`
	Subject    string   `json:"subject,omitempty"`
	Owner      string   `json:"owner,omitempty"`
	Members    []string `json:"members,omitempty"`
	Moderators []string `json:"moderators,omitempty"`
	Once       bool     `json:"once,omitempty"`
}

// Create allocates a conference and prints it.
func (c *Client) Create(ctx context.Context, a Allocation) error {
	return c.print(ctx, http.MethodPost, root, a)
}

// Lock locks a conference, or opens it, and prints it.
func (c *Client) Lock(ctx context.Context, uri string, locked bool) error {
	return c.print(ctx, http.MethodPatch, at(uri), map[string]bool{"locked": locked})
}

// print sends a request that is answered with a conference, and prints that.
func (c *Client) print(ctx context.Context, method, path string, body any) error {
	var answer json.RawMessage
	if err := c.call(ctx, method, path, body, &answer); err != nil {
		return err
	}
	if c.JSON {
		return c.raw(answer)
	}
	var conf conference
	if err := json.Unmarshal(answer, &conf); err != nil {
		return err
	}
	table := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
	line := func(columns ...string) { _, _ = fmt.Fprintln(table, strings.Join(columns, "\t")) } // Flush has the error
	line("uri", conf.URI)
	line("subject", conf.Subject)
	line("state", state(&conf))
	line("owner", conf.Owner)
	for _, u := range conf.Users {
		var statuses []string
		for _, e := range u.Endpoints {
			statuses = append(statuses, e.Status)
		}
		name := u.Display
		if u.Nickname != "" {
			name = u.Nickname
		}
		line("user", u.URI, name, strings.Join(u.Roles, ","), strings.Join(statuses, ","))
	}
	return table.Flush()
}

// End ends a conference; with release the URI of a reserved one is given up.
func (c *Client) End(ctx context.Context, uri string, release bool) error {
	path := at(uri)
	if release {
		path += "?release=true"
	}
	return c.call(ctx, http.MethodDelete, path, nil, nil)
}

// Invite has a user called.
func (c *Client) Invite(ctx context.Context, uri, user string) error {
	return c.call(ctx, http.MethodPost, at(uri, "invite"), map[string]string{"uri": user}, nil)
}

// Remove takes a user out, and bars him if bar says so.
func (c *Client) Remove(ctx context.Context, uri, user string, bar bool) error {
	return c.call(ctx, http.MethodDelete, at(uri, "users", user)+"?bar="+strconv.FormatBool(bar), nil, nil)
}

// History prints the last messages of a conference, most of them at most if it
// is above 0.
func (c *Client) History(ctx context.Context, uri string, most int) error {
	var items []json.RawMessage
	err := c.pages(ctx, at(uri, "messages"), 0, func(item json.RawMessage) error {
		if items = append(items, item); most > 0 && len(items) > most {
			items = items[1:]
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := c.message(item); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) message(item json.RawMessage) error {
	if c.JSON {
		return c.raw(item)
	}
	var m struct {
		Time     time.Time `json:"time"`
		From     string    `json:"from"`
		Nickname string    `json:"nickname"`
		Type     string    `json:"type"`
		Text     *string   `json:"text"`
		Body     []byte    `json:"body"`
	}
	if err := json.Unmarshal(item, &m); err != nil {
		return err
	}
	from := m.From
	if m.Nickname != "" {
		from = m.Nickname + " <" + m.From + ">"
	}
	text := fmt.Sprintf("[%s, %d octets]", m.Type, len(m.Body))
	if m.Text != nil {
		text = printable(*m.Text)
	}
	_, err := fmt.Fprintf(c.Out, "%s %s: %s\n", m.Time.Format(time.RFC3339), printable(from), text)
	return err
}

// printable keeps what somebody wrote from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7F || r >= 0x80 && r < 0xA0 {
			return ' '
		}
		return r
	}, text)
}
