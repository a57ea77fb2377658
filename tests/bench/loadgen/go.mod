module fakek8s/loadgen

go 1.22
