//go:build !unix

package limits

// descriptors knows nothing: here they are not numbered.
func descriptors() (used, most int) { return 0, 0 }
