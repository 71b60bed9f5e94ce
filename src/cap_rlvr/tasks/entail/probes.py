def surface_forms(truth): return []
def attacks(truth,other,key): return []
def chains(truth,key): return []
