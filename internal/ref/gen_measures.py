"""Makes evaluate/testdata/measures.json: measures of clusters and scores by
scikit-learn and scipy, of cases that are drawn with a fixed seed.

    python internal/ref/gen_measures.py > evaluate/testdata/measures.json
"""
import json, numpy as np, sklearn, scipy, sys, platform
from sklearn import metrics as m
from scipy.stats import spearmanr
r=np.random.default_rng(7)
cases=[]
def clus(a,b):
    h,c,v=m.homogeneity_completeness_v_measure(a,b)
    return dict(a=a,b=b,nmi=m.normalized_mutual_info_score(a,b),h=h,c=c,v=v,fmi=m.fowlkes_mallows_score(a,b),rand=m.rand_score(a,b),pairs=m.pair_confusion_matrix(a,b).tolist(),
                ari=m.adjusted_rand_score(a,b), ami=m.adjusted_mutual_info_score(a,b))
cl=[clus(a,b) for a,b in [([0,0],[0,1]),([0,1],[0,0]),([0,0,1,1],[0,0,1,1]),([0,0,1,1],[1,1,0,0]),([0,0,0],[0,0,0]),([0,0,1,1],[0,1,0,1])]]
for n,k,l in [(10,2,3),(50,4,4),(200,10,3),(500,30,40),(1000,3,3)]:
    a=r.integers(0,k,n).tolist()
    b=[int(x%l) if r.random()<.6 else int(r.integers(0,l)) for x in a]
    cl.append(clus(a,b))
sc=[]
for n,lev in [(6,3),(40,5),(200,1000),(300,4)]:
    y=(r.random(n)<.3).astype(int); y[0]=1; y[1]=0
    s=np.round(r.random(n)*lev+y*lev*.3)/lev
    t=np.round(r.random(n)*lev+y*lev*.2)/lev
    f=(s>np.quantile(s,.7)).astype(int); g=(t>np.quantile(t,.6)).astype(int)
    fpr,tpr,_=m.roc_curve(y,s,drop_intermediate=False)
    p,q,_=m.precision_recall_curve(y,s)
    f1=np.max(2*p*q/np.maximum(p+q,1e-300))
    sc.append(dict(y=y.tolist(),s=s.tolist(),t=t.tolist(),f=f.tolist(),g=g.tolist(),mcc=m.matthews_corrcoef(y,f),kappa=m.cohen_kappa_score(f,g),spearman=spearmanr(s,t).statistic,
      fpr=fpr.tolist(),tpr=tpr.tolist(),bestf1=float(f1)))
print(json.dumps({"versions":{"python":platform.python_version(),"numpy":np.__version__,"scipy":scipy.__version__,"scikit-learn":sklearn.__version__},"clusters":cl,"scores":sc},separators=(',',':')))
