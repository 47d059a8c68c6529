drop index notices_loud;
