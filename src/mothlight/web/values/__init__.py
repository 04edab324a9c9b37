"""What came with a request, checked: models of questions and changes for programs and pages alike."""
