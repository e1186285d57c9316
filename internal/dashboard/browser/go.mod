// The dashboard's tests in a browser are a module of their own, as those of the reports are: what
// drives the browser takes longer to compile than all the rest, and nobody else needs it.
module gset/internal/dashboard/browser

go 1.26.0

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	gset v0.0.0
)

require github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect

replace gset => ../../..
