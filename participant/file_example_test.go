package participant_test

import (
	"context"
	"fmt"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/participant"
)

// A file is sent to a user who can be reached directly, and those that he offers are saved.
func ExampleUE_SendFile() {
	exchange := func(ctx context.Context, ue *participant.UE, to, path, folder string) error {
		file, err := filetransfer.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		transfer, err := ue.SendFile(ctx, to, file, participant.FileOptions{Disposition: "attachment"})
		if err != nil {
			return err // a *sip.Error if he does not want it
		}
		<-transfer.Done()
		if err = transfer.Err(); err != nil {
			return err
		}
		offer := <-ue.FileOffers() // if Config.Files.Offers is set, and after UE.Listen
		if transfer, err = offer.Accept(ctx, filetransfer.Target{Dir: folder}); err != nil {
			return err
		}
		<-transfer.Done()
		fmt.Println(transfer.Path())
		return transfer.Err()
	}
	_ = exchange
}
