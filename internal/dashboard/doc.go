// Package dashboard is the page on which a node of gsetd shows itself and its cluster: an
// http.Handler for the page, its assets, its live stream and a search for collections.
//
//	h := dashboard.New(dashboard.Config{Source: source})
//	server := &http.Server{Handler: h}
//	server.RegisterOnShutdown(h.Close) // streams do not end by themselves
//
// The handler serves
//
//	/             the page
//	/assets/...   its script and its style
//	/events       a stream of server-sent events: each is an Update in JSON
//	/collections  a Found in JSON: ?name=PART&cursor=CURSOR
//
// and answers 404 elsewhere. All is embedded; a Content-Security-Policy forbids the page anything
// from elsewhere, and any script or style that is not one of its files. The page is read only, and asks
// for no password: whoever mounts it decides who reaches it.
//
// A Source fills a State. What a State claims of other members is what this node has seen itself;
// the page draws what it infers differently, and says so.
//
// # Bounds
//
// A viewer gets ten events a second at most. While nobody watches, the Source is not asked; while
// many watch, it is asked as often as for one, and each event is encoded once. A viewer that reads
// too slowly skips states, and is dropped if nothing can be written to it for some seconds. There
// are Config.MaxViewers viewers at most, and two searches at a time.
//
// Names of collections and members are arbitrary bytes: see Name. They reach the page in JSON, and the
// script puts them into it as text only.
package dashboard
