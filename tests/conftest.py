"""What all tests share: nothing yet but the plugin of pytest that the package itself brings."""
