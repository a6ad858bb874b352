"""torch.compile: two compiled models, one on each rank; torchrun --nproc-per-node 2 compiled.py."""

import torch
import torch.distributed as dist
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

import codist

dist.init_process_group("gloo")
peers, alpha = codist.Peers(n=2), 1.0

images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels))
sampler = DistributedSampler(data, peers.shards, peers.shard)  # the same mini-batch for both models
loader = DataLoader(data, 64 // peers.shards, sampler=sampler, drop_last=True)
torch.manual_seed(peers.model)
network = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
network = DDP(torch.compile(network), process_group=peers.row)
optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
for epoch in range(3):
    sampler.set_epoch(epoch)
    for k, (x, y) in enumerate(loader):
        logits = network(x)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        (loss + alpha * peers.penalty(k, x, logits)).backward()
        optimizer.step()
    if peers.shard == 0:
        print(f"model {peers.model}, epoch {epoch}: loss {loss.item():.3f}", flush=True)
dist.destroy_process_group()
