package resourcelist_test

import (
	"fmt"

	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip/sipmsg"
)

func ExampleList_History() {
	var l resourcelist.List
	for i, s := range []string{"sip:bob@ims.example", "sip:carol@ims.example", "sip:dave@ims.example"} {
		u, err := sipmsg.ParseURI(s)
		if err != nil {
			fmt.Println(err)
			return
		}
		l = append(l, resourcelist.Entry{URI: u, Copy: resourcelist.To, Anonymize: i == 1})
	}
	for _, e := range l.History() {
		fmt.Println(e.URI, e.Copy, e.Count)
	}
	// Output:
	// sip:bob@ims.example to 0
	// sip:dave@ims.example to 0
	// sip:anonymous@anonymous.invalid to 1
}
