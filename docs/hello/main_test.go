package main

func Example() {
	main()
	// Output:
	// b has {42} and answers with 1 messages
	// a tells again: true
}
