package record

// Notes that this program's own stages put on results, beside those of package fetcher.
const (
	// NoteMissing says that the status of an answer means that there is nothing, and that this counts as an answer.
	NoteMissing = "missing"
	// NoteInterim says that a page gave no value yet, and that another is asked for.
	NoteInterim = "interim"
	// NoteUnmatched says that the answer to a batch had pieces that belong to none of its rows. They were not kept.
	NoteUnmatched = "unmatched"
	// NoteLoneSurrogate says that a string of the JSON that values were taken from has half of a surrogate pair, which is no
	// character. In values U+FFFD stands for it.
	NoteLoneSurrogate = "lone_surrogate"
)
