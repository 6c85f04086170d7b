package imdn_test

import (
	"fmt"

	"github.com/confab-chat/confab/imdn"
)

// A recipient tells the author of a message that it has arrived, if he wants to know.
func ExampleNotification_Append() {
	if !imdn.ParseRequest("positive-delivery, display").Has(imdn.PositiveDelivery) {
		return
	}
	n := imdn.Notification{
		MessageID: "34jk324j", DateTime: "2006-04-04T12:16:49-05:00", Recipient: "im:bob@example.com",
		Disposition: imdn.OfDelivery, Status: imdn.Delivered,
	}
	document, err := n.Append(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	told, err := imdn.Parse(document)
	fmt.Println(told.MessageID, told.Disposition, told.Status, err)
	// Output: 34jk324j delivery delivered <nil>
}

func ExampleParseComposing() {
	c, err := imdn.ParseComposing([]byte(`<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">
	<state>active</state><refresh>90</refresh></isComposing>`))
	fmt.Println(c.Active, c.Refresh, err)
	// Output: true 1m30s <nil>
}
