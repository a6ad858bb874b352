"""ResNet10 on handwritten digits under DDP; the lines marked `# codist` make it two models that teach each other."""

import torch
import torch.distributed as dist
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset
from torchvision.models.resnet import BasicBlock, ResNet

import codist  # codist

dist.init_process_group("gloo")
model, shard, shards, row = 0, dist.get_rank(), dist.get_world_size(), None
peers, alpha = codist.Peers(n=2), 1.0  # codist
model, shard, shards, row = peers.model, peers.shard, peers.shards, peers.row  # codist

images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8).expand(-1, 3, -1, -1) / 16
data = TensorDataset(images, torch.tensor(labels))
sampler = DistributedSampler(data, shards, shard)
torch.manual_seed(model)
network = DDP(ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10), process_group=row)
optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
for epoch in range(2):
    sampler.set_epoch(epoch)
    losses = []
    for k, (x, y) in enumerate(DataLoader(data, 256 // shards, sampler=sampler, drop_last=True)):
        logits = network(x)
        loss = F.cross_entropy(logits, y)
        losses.append(loss.item())
        loss = loss + alpha * peers.penalty(k, x, logits)  # codist
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if shard == 0:
        print(f"model {model}, epoch {epoch}: loss {sum(losses) / len(losses):.3f}", flush=True)
if shard == 0:
    torch.save(network.module.state_dict(), f"model{model}.pt")
dist.destroy_process_group()
